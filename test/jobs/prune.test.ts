import { sql, type SQL } from "drizzle-orm";
import { expect, test } from "vitest";
import { fileId } from "../../src/core/ids.ts";
import { askChecks } from "../../src/db/debts.ts";
import { openIncident } from "../../src/db/incidents.ts";
import { rows } from "../../src/db/open.ts";
import { PRUNED_AT_ONCE } from "../../src/db/prune.ts";
import { createPrune } from "../../src/jobs/prune.ts";
import { aDelivery, anObject, aWalk } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";
import { seedAccount } from "../support/seed.ts";

const at = inboxForEach();

const run = (statement: SQL) => at.db.execute(statement);
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
const prune = async (retentionDays = 30, signal = new AbortController().signal) =>
  createPrune({ db: at.db, retentionDays })({}, signal);
const ids = async (table: string) =>
  (
    await rows<{ id: string }>(
      at.db,
      sql`select id::text from ${sql.identifier(table)} order by id`,
    )
  ).map(({ id }) => id);
const event = (id: string, days: number) =>
  run(sql`insert into events (account_id, event_id, stream, seen_at)
    values (${at.account}, ${id}, 'changes', ${daysAgo(days).toISOString()}::timestamptz)`);
const events = async () =>
  (await rows<{ id: string }>(at.db, sql`select event_id as id from events order by 1`)).map(
    ({ id }) => id,
  );

test("deliveries are removed at their age, and not a day before", async () => {
  for (const days of [31, 29]) await aDelivery(at.db, at.account, { receivedAt: daysAgo(days) });
  expect(await prune()).toMatchObject({ fields: { pruned: { deliveries: 1 } } });
  expect(await ids("deliveries")).toEqual(["2"]);
  expect(await prune()).toEqual({ outcome: "idle" });
  await prune(7);
  expect(await ids("deliveries")).toEqual([]);
});

test("events are kept for longer than Box repeats any, however short the rest", async () => {
  await event("old", 32);
  await event("young", 30);
  await prune(1);
  expect(await events()).toEqual(["young"]);
  await event("old", 32);
  await prune(60);
  expect(await events()).toEqual(["old", "young"]);
});

test("walks that signals asked for go when they are done; those of sources stay", async () => {
  const place = { id: at.source, accountId: at.account, folderId: "10" };
  const signal = (values: object) =>
    aWalk(at.db, place, { kind: "signal", sourceId: null, ...values });
  const old = { finishedAt: daysAgo(31), createdAt: daysAgo(40) };
  await signal({ state: "done", ...old });
  await signal({ state: "withdrawn", createdAt: daysAgo(40) });
  const kept = [
    await signal({ state: "done", createdAt: daysAgo(40), finishedAt: daysAgo(29) }),
    await signal({ state: "given_up", ...old }),
    await signal({ state: "due", ...old }),
    await aWalk(at.db, place, { state: "done", ...old }),
    await aWalk(at.db, place, { kind: "sweep", state: "done", ...old }),
  ];
  await prune();
  expect(await ids("walks")).toEqual(kept.map(({ id }) => String(id)));
});

test("the frontier of a walk that will never go on goes, that of one given up stays", async () => {
  const place = { id: at.source, accountId: at.account, folderId: "10" };
  const withdrawn = await aWalk(at.db, place, { state: "withdrawn" });
  const givenUp = await aWalk(at.db, place, { state: "given_up" });
  await run(sql`insert into walk_folders (walk_id, folder_id)
    values (${withdrawn.id}, '10'), (${withdrawn.id}, '11'), (${givenUp.id}, '10')`);
  expect(await prune()).toMatchObject({ fields: { pruned: { walk_folders: 2, walks: 0 } } });
  expect(await ids("walks")).toHaveLength(2);
});

test("what was asked for an account while it was deleted goes, that of others stays", async () => {
  const gone = await seedAccount(at.db, { state: "deleted" });
  for (const accountId of [at.account, gone]) {
    const place = { id: at.source, accountId, folderId: "10" };
    await aWalk(at.db, place, { kind: "signal", sourceId: null });
    await askChecks(
      at.db,
      accountId,
      [{ fileId: fileId("7"), reason: "x", dueAt: new Date() }],
      "events",
    );
  }
  expect(await prune()).toMatchObject({ fields: { pruned: { checks: 1, orphans: 1 } } });
  for (const table of ["checks", "walks"]) expect(await ids(table)).toEqual(["1"]);
});

test("custody stays for ever", async () => {
  await anObject(at.db, at.source, { state: "stored", seenAt: daysAgo(4000) });
  await run(
    sql`insert into replays (at, selection, chosen, replayed) values ('2001-01-01', '{}', 1, 1)`,
  );
  await openIncident(at.db, {
    kind: "given_up",
    subject: "x",
    message: "x",
    since: daysAgo(4000),
  });
  await run(sql`update versions set seen_at = '2001-01-01'`);
  await run(sql`update incidents set closed_at = '2001-01-01'`);
  expect(await prune(1)).toEqual({ outcome: "idle" });
  for (const table of ["objects", "replays", "incidents"]) expect(await ids(table)).toHaveLength(1);
});

test("more than one batch is removed in batches, by two at once, each row once", async () => {
  const count = 2 * PRUNED_AT_ONCE + 10;
  await run(sql`insert into deliveries (account_id, webhook_id, event_id, outcome, body, received_at)
    select ${at.account}::uuid, '7', n::text, 'recorded', '', now() - interval '40 days'
    from generate_series(1, ${count}::int) n`);
  await Promise.all([prune(), prune()]);
  await prune();
  expect(await ids("deliveries")).toEqual([]);
});

test("a worker that stops leaves the rest to the next hour", async () => {
  await aDelivery(at.db, at.account, { receivedAt: daysAgo(31) });
  const stopped = new AbortController();
  stopped.abort();
  expect(await prune(30, stopped.signal)).toEqual({ outcome: "idle" });
  expect(await ids("deliveries")).toHaveLength(1);
});

test("the state of a link that came back is kept for as long as its cookie could be shown", async () => {
  await run(sql`insert into spent_states (state, spent_at)
    values ('old', now() - interval '61 minutes'), ('young', now() - interval '59 minutes')`);
  expect(await prune()).toMatchObject({ fields: { pruned: { spent_states: 1 } } });
  expect(await rows(at.db, sql`select state from spent_states`)).toEqual([{ state: "young" }]);
});
