import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { listFailures } from "../../src/db/failures.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { losses, webhooks } from "../../src/db/schema.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { replay, type Selection } from "../../src/operations/replay.ts";
import { databaseForEach } from "../support/for-each.ts";
import {
  fileTouched,
  folderTouched,
  queuedJobs,
  seedAccount,
  seedSource,
  versionSeen,
} from "../support/seed.ts";

const at = databaseForEach(async (db) => {
  const account = await seedAccount(db);
  const source = await seedSource(db, account, "10");
  const other = await seedSource(db, account, "10", { include: ["none"] });
  return { account, source, other };
});
const hook = randomUUID();

/** Three objects of one source given up, one after the other; a check, a walk, a stream, a webhook. */
beforeEach(async () => {
  await recordChanges(at.db, {
    accountId: at.account,
    door: "events",
    prefix: "",
    news: [
      ...["1", "2", "3"].map((fileId) => versionSeen({ fileId, versionId: `${fileId}00` })),
      fileTouched("9"),
      folderTouched("55"),
    ],
  });
  await takePosition(at.db, at.account, "changes", "1");
  await at.db.insert(webhooks).values({ id: hook, accountId: at.account, folderId: "10" });
  await at.db.execute(sql`
    update objects set state = 'given_up', attempts = 12, failure = 'transient',
      failure_reason = 'Box was AWAY', failed_at = timestamptz '2026-05-01Z' + id * interval '1 h',
      seen_at = timestamptz '2026-05-01Z' + id * interval '1 day'`);
  for (const table of ["checks", "walks"])
    await at.db.execute(sql`
      update ${sql.identifier(table)} set state = 'given_up', attempts = 12,
        failure = 'forbidden', failure_reason = 'Box answered 403', failed_at = '2026-04-01Z'`);
  await at.db.execute(sql`
    update positions set attempts = 3, failure = 'transient', failure_reason = 'Box was away',
      failed_at = '2026-03-01Z'`);
  await at.db.execute(sql`
    update webhooks set attempts = 3, reason = 'Box was away', checked_at = '2026-02-01Z'`);
  await at.db.execute(sql`delete from graphile_worker._private_jobs`);
});

const failures = (filter: Partial<Parameters<typeof listFailures>[1]> = {}) =>
  listFailures(at.db, { limit: 100, ...filter });
const idsOf = async (filter: Partial<Parameters<typeof listFailures>[1]> = {}) =>
  (await failures(filter)).map(({ id }) => id);

const ALL = () => [
  "store_version:3",
  "store_version:2",
  "store_version:1",
  "walk_folder:1",
  "sync_file:1",
  `reconcile:${at.account}`,
  `keep_webhooks:${hook}`,
];

const again = (selection: Selection, dryRun = false) => replay(at.db, selection, dryRun);

const states = async () =>
  (await rows<{ state: string }>(at.db, sql`select state from objects order by id`)).map(
    ({ state }) => state,
  );

test("lists what a person must look at, newest first, with why", async () => {
  const listed = await failures();
  expect(listed.map(({ id }) => id)).toEqual(ALL());
  expect(listed[0]).toEqual({
    id: "store_version:3",
    kind: "store_version",
    accountId: at.account,
    sourceId: at.source,
    subject: "plate.csv",
    reason: "Box was AWAY",
    hint: null,
    attempts: 12,
    at: "2026-05-01T03:00:00+00:00",
  });
});

test("lists a part: by kind, source, account, ids, and what comes after", async () => {
  expect(await idsOf({ kind: "sync_file" })).toEqual(["sync_file:1"]);
  expect(await idsOf({ sourceId: at.source })).toHaveLength(3);
  expect(await idsOf({ sourceId: at.other })).toEqual([]);
  expect(await idsOf({ accountId: randomUUID() })).toEqual([]);
  expect(await idsOf({ ids: ["walk_folder:1", "walk_folder:2"] })).toEqual(["walk_folder:1"]);
  const pages: string[] = [];
  let after: { at: string; id: string } | undefined;
  for (;;) {
    const page = await failures({ after, limit: 2 });
    if (page.length === 0) break;
    pages.push(...page.map(({ id }) => id));
    after = page.at(-1);
  }
  expect(pages).toEqual(ALL());
});

test("a pass or a webhook that failed once or twice is no failure yet, refused credentials are", async () => {
  await at.db.execute(sql`update positions set attempts = 2`);
  await at.db.execute(sql`update webhooks set attempts = 2`);
  expect(await idsOf({ kind: "reconcile" })).toEqual([]);
  expect(await idsOf({ kind: "keep_webhooks" })).toEqual([]);
  await at.db.execute(sql`update positions set attempts = 1, failure = 'unauthorized'`);
  expect(await idsOf({ kind: "reconcile" })).toHaveLength(1);
});

test("an account both of whose streams fail is one failure, and any of them is seen", async () => {
  await at.db.execute(sql`
    insert into positions (account_id, stream, position, attempts, failure, failed_at)
    select account_id, 'admin_logs_streaming', '1', 9, 'forbidden', now() from positions`);
  expect(await failures({ kind: "reconcile", limit: 9 })).toMatchObject([
    { subject: "event stream admin_logs_streaming", attempts: 9 },
  ]);
  await at.db.execute(sql`update positions set failed_at = null where stream = 'changes'`);
  expect(await idsOf({ kind: "reconcile" })).toHaveLength(1);
});

test("what was lost before it was read is listed while it is wanted and unread, and its file is looked at again", async () => {
  const loss = { sourceId: at.source, path: "a/lost.csv", toldAt: new Date(), lostAt: new Date() };
  await at.db.insert(losses).values([
    { ...loss, fileId: "81", versionId: "1" },
    { ...loss, fileId: "82", versionId: "2", wanted: false },
    { ...loss, fileId: "83", versionId: "3" },
  ]);
  await at.db.execute(sql`
    insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    values ('83', '3', repeat('a', 40), 1, 'a', 'events')`);
  const lost = await failures({ kind: "lost_version" });
  expect(lost).toMatchObject([{ subject: "a/lost.csv", sourceId: at.source, attempts: 1 }]);
  const failureIds = lost.map(({ id }) => id);
  expect(await again({ failureIds })).toMatchObject({ chosen: 1, replayed: 1, others: 1 });
  expect(await queuedJobs(at.db)).toMatchObject([{ task: "sync_file" }]);
  const asked = await rows(at.db, sql`select door, state from checks where file_id = '81'`);
  expect(asked).toEqual([{ door: "replay", state: "due" }]);
  expect(await again({ failureIds: ["lost_version:999"] })).toMatchObject({ replayed: 0 });
});

test("replays every kind of failure by its id, each with the job that does it and all its attempts before it", async () => {
  expect(await again({ failureIds: ALL() })).toEqual({
    chosen: 7,
    replayed: 7,
    objects: 3,
    others: 4,
  });
  const jobs = await queuedJobs(at.db);
  expect(new Set(jobs.map(({ task }) => task))).toEqual(
    new Set(["store_version", "sync_file", "walk_folder", "reconcile", "keep_webhooks"]),
  );
  expect(jobs).toHaveLength(7);
  expect(await states()).toEqual(["pending", "pending", "pending"]);
  expect(await failures()).toEqual([]);
  const attempts = await rows<{ attempts: number }>(
    at.db,
    sql`select attempts from objects union all select attempts from checks
      union all select attempts from walks union all select attempts from positions
      union all select attempts from webhooks`,
  );
  expect(attempts.map((row) => row.attempts)).toEqual(Array.from({ length: 7 }, () => 0));
});

test("a second click replays nothing that is under way", async () => {
  const selection = { failureIds: ALL().slice(0, 5) };
  await again(selection);
  expect(await again(selection)).toMatchObject({ replayed: 0 });
  expect(await queuedJobs(at.db)).toHaveLength(5);
});

test("two clicks at once replay each object once", async () => {
  const both = await Promise.all([again({ sourceId: at.source }), again({ sourceId: at.source })]);
  expect(both[0].replayed + both[1].replayed).toBe(3);
  expect(await queuedJobs(at.db)).toHaveLength(3);
});

test("chooses a source's objects by when they were seen, why they failed and what state they have", async () => {
  const chosen = async (rest: Selection) =>
    (await again({ sourceId: at.source, ...rest }, true)).chosen;
  expect(await chosen({})).toBe(3);
  expect(await chosen({ from: new Date("2026-05-03T00:00:00Z") })).toBe(2);
  expect(await chosen({ to: new Date("2026-05-03T00:00:00Z") })).toBe(1);
  expect(await chosen({ reason: "transient" })).toBe(3);
  expect(await chosen({ reason: "was away" })).toBe(3);
  expect(await chosen({ reason: "%" })).toBe(0);
  expect(await chosen({ state: "waiting" })).toBe(0);
  expect(await again({ sourceId: at.other }, true)).toMatchObject({ chosen: 0 });
  await at.db.execute(
    sql`update objects set state = 'stored', generation = '1', stored_bytes = 1 where id = 1`,
  );
  expect(await chosen({ state: "stored" })).toBe(1);
});

test("replays an object by its own id, also one that is stored; not one that is withdrawn or worked on", async () => {
  await at.db.execute(
    sql`update objects set state = 'stored', generation = '1', stored_bytes = 1 where id = 1`,
  );
  await at.db.execute(sql`update objects set state = 'withdrawn' where id = 2`);
  await at.db.execute(sql`
    update objects set state = 'waiting', leased_by = gen_random_uuid() where id = 3`);
  expect(await again({ objectIds: ["1", "2", "3", "4"] })).toMatchObject({
    chosen: 3,
    replayed: 1,
  });
  expect(await states()).toEqual(["pending", "withdrawn", "waiting"]);
});

test("a dry run only counts", async () => {
  expect(await again({ failureIds: ALL() }, true)).toMatchObject({ chosen: 7, replayed: 0 });
  expect(await states()).toEqual(["given_up", "given_up", "given_up"]);
  expect(await queuedJobs(at.db)).toEqual([]);
  expect(await rows(at.db, sql`select 1 from replays`)).toEqual([]);
});

test("every asking is kept, with what came of it", async () => {
  await again({ failureIds: ["sync_file:1", "sync_file:999"] });
  expect(await rows(at.db, sql`select selection, chosen, replayed from replays`)).toEqual([
    { selection: { failureIds: ["sync_file:1", "sync_file:999"] }, chosen: 2, replayed: 1 },
  ]);
});

test("ids that no row can have name nothing", async () => {
  const odd = ["store_version:x", "sync_file:", "walk_folder:1e3", "reconcile:1", "bogus", ""];
  const asked = { failureIds: [...odd, "keep_webhooks:x"], objectIds: ["y", "9".repeat(30)] };
  expect(await again(asked)).toMatchObject({ replayed: 0 });
});

test("two walks of one folder that were given up are replayed as one", async () => {
  await recordChanges(at.db, {
    accountId: at.account,
    door: "events",
    prefix: "",
    news: [folderTouched("55")],
  });
  await at.db.execute(sql`update walks set state = 'given_up', failed_at = now()`);
  const both = await idsOf({ kind: "walk_folder" });
  expect(both).toHaveLength(2);
  expect(await again({ failureIds: both })).toMatchObject({ chosen: 2, replayed: 1 });
  expect(await rows(at.db, sql`select state from walks order by id`)).toEqual([
    { state: "given_up" },
    { state: "due" },
  ]);
});

test("a walk that was given up is left alone while a newer one of its folder is due", async () => {
  await recordChanges(at.db, {
    accountId: at.account,
    door: "events",
    prefix: "",
    news: [folderTouched("55")],
  });
  expect(await again({ failureIds: ["walk_folder:1"] })).toMatchObject({ replayed: 0 });
});
