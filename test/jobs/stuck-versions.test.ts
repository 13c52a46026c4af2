import { randomUUID } from "node:crypto";
import { asc, isNull, type SQL, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { listFailures } from "../../src/db/failures.ts";
import { acknowledgeIncident } from "../../src/db/incidents.ts";
import { incidents, losses } from "../../src/db/schema.ts";
import { createLookAfter } from "../../src/jobs/look-after.ts";
import { createLog } from "../../src/log.ts";
import { replay } from "../../src/operations/replay.ts";
import { anObject } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";

/** Versions that only Box keeps from the lake, and what a person is told of them. */
const at = inboxForEach({ name: "Plates" });

const HOUR_MS = 60 * 60_000;
const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS);
const run = (statement: SQL) => at.db.execute(statement);
const look = async () =>
  createLookAfter({ db: at.db, log: createLog("silent") })({}, new AbortController().signal);
const open = () =>
  at.db.select().from(incidents).where(isNull(incidents.closedAt)).orderBy(asc(incidents.id));
const failures = async () =>
  (await listFailures(at.db, { sourceId: at.source, limit: 9 })).map(({ id }) => id);

/** Looks, and answers the one incident that is open; looking again changes nothing. */
async function found() {
  await look();
  const [one, ...others] = await open();
  expect(others).toEqual([]);
  expect(await look()).toEqual({ outcome: "idle" });
  return one!;
}

const unready = (rest: Partial<Parameters<typeof anObject>[2]> = {}) =>
  anObject(at.db, at.source, {
    state: "waiting",
    failure: "not_ready",
    failureReason: "Box answered 202 to content.",
    name: randomUUID(),
    lease: 40,
    seenAt: ago(2),
    ...rest,
  });

test("content that Box does not hand out for an hour is open, with since when, until it does", async () => {
  await unready({ seenAt: ago(0.5) });
  // Owed for long behind others, and asked for but once.
  await unready({ lease: 1 });
  expect(await look()).toEqual({ outcome: "idle" });
  const { seenAt } = await unready({ seenAt: ago(50) });
  await unready();
  expect(await found()).toMatchObject({
    kind: "content_not_ready",
    subject: at.source,
    sourceId: at.source,
    message: expect.stringMatching(
      /2 versions of the source “Plates” .*: Box answered 202 to content\. /,
    ),
    hint: expect.stringContaining("Open the file at Box"),
    openedAt: seenAt,
  });
  await run(sql`update objects set state = 'stored', generation = '1', stored_bytes = 1`);
  await look();
  expect(await open()).toEqual([]);
});

test("what Box does not hand out is among the failures, and asked for at once by a replay; what merely waits is not", async () => {
  const dueAt = ago(-0.2);
  const { id } = await unready({ seenAt: ago(50), dueAt });
  const fresh = await unready({ seenAt: ago(0.5), dueAt });
  const other = await unready({ failure: "transient", dueAt });
  const failureIds = [id, fresh.id, other.id].map((one) => `store_version:${one}`);
  expect(await listFailures(at.db, { limit: 9 })).toMatchObject([
    {
      id: failureIds[0],
      reason: "Box answered 202 to content.",
      hint: expect.stringContaining("Open the file at Box"),
    },
  ]);
  const transient = failureIds.slice(2);
  expect(await replay(at.db, { failureIds: transient }, false)).toMatchObject({ replayed: 0 });
  expect(await replay(at.db, { failureIds }, false)).toMatchObject({ replayed: 2 });
  expect(await failures()).toEqual([]);
});

/** An object that was given up as gone, so many hours ago; `lost` where Box shows its file. */
async function aGone(hoursAgo: number, lost: boolean) {
  const failedAt = ago(hoursAgo);
  const gone = { state: "given_up" as const, failure: "gone", failedAt, name: randomUUID() };
  const { fileId } = await anObject(at.db, at.source, gone);
  if (lost) await run(sql`update versions set lost_at = now() where file_id = ${fileId}`);
  return failedAt;
}
const aLoss = (versionId: string, lostAt = new Date()) =>
  at.db.insert(losses).values({
    sourceId: at.source,
    fileId: "7",
    versionId,
    path: "a.csv",
    toldAt: new Date(),
    lostAt,
  });

test("versions that were gone before they were stored are open until they turn up", async () => {
  const since = await aGone(3, true);
  await aGone(2, false);
  await aLoss("1");
  await aLoss("2");
  const one = await found();
  expect(one).toMatchObject({
    kind: "versions_gone",
    subject: at.source,
    sourceId: at.source,
    message: expect.stringMatching(
      /“Plates” .*: 3 versions that Box holds no longer, one version whose file Box does not show/,
    ),
    hint: expect.stringContaining("acknowledge"),
    openedAt: since,
  });
  await run(sql`update objects set state = 'stored', generation = '1', stored_bytes = 1`);
  await look();
  expect(await open()).toMatchObject([{ id: one.id, details: { lost: 2, hidden: 0 } }]);
  await run(sql`delete from losses where version_id = '1'`);
  // Whoever saw it recorded it: it is a fact, and no loss.
  await run(sql`insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    values ('7', '2', repeat('a', 40), 1, 'a.csv', 'listing')`);
  await look();
  expect(await open()).toEqual([]);
});

test("what is gone and acknowledged is not told again, what goes later is, and nothing for more than 30 days", async () => {
  await aGone(3, true);
  await aLoss("1", ago(1));
  const one = await found();
  expect(await failures()).toEqual([
    expect.stringMatching(/^lost_version/),
    expect.stringMatching(/^store_version/),
  ]);
  expect(await acknowledgeIncident(at.db, one.id, ["lake_blocked"])).toBe(false);
  expect(await open()).toHaveLength(1);
  expect(await acknowledgeIncident(at.db, one.id, ["versions_gone"])).toBe(true);
  expect(await look()).toEqual({ outcome: "idle" });
  expect(await open()).toEqual([]);
  expect(await failures()).toEqual([]);
  await aGone(0, false);
  const next = await found();
  expect(await failures()).toHaveLength(1);
  expect(next.id).not.toBe(one.id);
  expect(next).toMatchObject({ kind: "versions_gone", details: { lost: 0, hidden: 1 } });
  await run(sql`update objects set failed_at = now() - interval '31 days'`);
  await look();
  expect(await open()).toEqual([]);
  expect(await failures()).toEqual([]);
});
