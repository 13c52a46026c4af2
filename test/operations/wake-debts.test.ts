import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { SourceId } from "../../src/core/ids.ts";
import { markNeedsRelogin } from "../../src/db/accounts.ts";
import { rows } from "../../src/db/open.ts";
import { nextTurn, timeOfTurn } from "../../src/db/queue-turns.ts";
import { createWakeDebts } from "../../src/jobs/wake-debts.ts";
import { enqueue, PRIORITY, type Tasks } from "../../src/operations/enqueue.ts";
import { pauseAccount, resumeAccount } from "../../src/operations/pause-account.ts";
import { setPaused } from "../../src/operations/sources.ts";
import { linkAgain } from "../../src/operations/wake-debts.ts";
import { aWalk } from "../http/api/rows.ts";
import { NEVER } from "../jobs/workbench.ts";
import { inboxForEach } from "../support/for-each.ts";
import { queuedJobs, seedSource } from "../support/seed.ts";

const at = inboxForEach();

/** So many objects that are owed and due, as nobody woke them. */
async function owe(of: SourceId, count: number, priority: number) {
  const { db } = at;
  await db.execute(sql`
    with made as (
      insert into versions (file_id, version_id, sha1, size_bytes, name, door)
      select gen_random_uuid(), '1', repeat('a', 40), 1, 'a.csv', 'listing'
      from generate_series(1, ${count}::int) returning file_id, version_id)
    insert into objects (source_id, file_id, version_id, name, path, door, priority)
    select ${of}::uuid, file_id, version_id, file_id, 'a.csv', 'listing', ${priority}::smallint from made`);
}

const check = (priority: number) =>
  at.db.execute(sql`
    insert into checks (account_id, file_id, reason, door, due_at, priority)
    values (${at.account}::uuid, gen_random_uuid(), 'looked for', 'listing', now(), ${priority}::smallint)`);

/** Runs the jobs that wake until there are none; answers how many ran. */
async function wakeAll() {
  const wake = createWakeDebts({ db: at.db });
  for (let ran = 0; ; ran++) {
    const [next] = (await queuedJobs(at.db)).filter(({ task }) => task === "wake_debts");
    if (!next) return ran;
    await at.db.execute(
      sql`delete from graphile_worker._private_jobs where id = ${next.id}::bigint`,
    );
    await wake(next.payload as unknown as Tasks["wake_debts"], NEVER);
  }
}

const woken = async (task: string) => (await queuedJobs(at.db)).filter((job) => job.task === task);

const placesOf = (jobs: { runAt: string }[]) =>
  new Set(jobs.map(({ runAt }) => new Date(runAt).getTime()));

/** A backfill of somebody else that keeps the queue busy, served as far as this turn. */
const busyAt = (turn: number) =>
  enqueue(
    at.db,
    [0, 1, 2].map((nth) => ({
      task: "store_version" as const,
      payload: { objectId: -1 - nth },
      priority: PRIORITY.backfill,
      runAt: timeOfTurn(turn + nth),
    })),
  );

test("what a resumed source is owed is woken at once, though another's backfill keeps the queue busy", async () => {
  await owe(at.source, 3, PRIORITY.backfill);
  await owe(at.source, 1, PRIORITY.news);
  await setPaused(at.db, at.source, true);
  await busyAt(500);
  await setPaused(at.db, at.source, false);
  await wakeAll();
  const jobs = (await woken("store_version")).filter(
    ({ payload }) => Number(payload["objectId"]) > 0,
  );
  const waiting = jobs.filter(({ priority }) => priority === PRIORITY.backfill);
  expect(placesOf(waiting)).toEqual(
    new Set([500, 501, 502].map((turn) => timeOfTurn(turn).getTime())),
  );
  expect(jobs.filter(({ priority }) => priority === PRIORITY.news)).toHaveLength(1);
});

test("a walk of the source finds its next objects behind those that were woken", async () => {
  const { id } = await aWalk(at.db, { id: at.source, accountId: at.account, folderId: "10" });
  await owe(at.source, 4, PRIORITY.backfill);
  await setPaused(at.db, at.source, true);
  await busyAt(500);
  await setPaused(at.db, at.source, false);
  await wakeAll();
  expect(await nextTurn(at.db, id, PRIORITY.backfill)).toBe(504);
  expect(await woken("walk_folder")).toMatchObject([{ payload: { walkId: id } }]);
});

test("more than one transaction should write are woken in parts, each once, one after the other", async () => {
  await owe(at.source, 2300, PRIORITY.backfill);
  await setPaused(at.db, at.source, true);
  await setPaused(at.db, at.source, false);
  expect(await wakeAll()).toBe(4);
  const jobs = await woken("store_version");
  expect(new Set(jobs.map(({ payload }) => payload["objectId"])).size).toBe(2300);
  expect(jobs).toHaveLength(2300);
  expect(placesOf(jobs).size).toBe(2300);
});

test("the sources of a resumed account take turns, and its checks and walks are woken with them", async () => {
  const other = await seedSource(at.db, at.account, "20");
  const paused = await seedSource(at.db, at.account, "30", { state: "paused" });
  for (const one of [at.source, other, paused]) await owe(one, 2, PRIORITY.backfill);
  await check(PRIORITY.news);
  await at.db.execute(sql`
    insert into walks (kind, account_id, folder_id, recursive, reason, door)
    values ('signal', ${at.account}::uuid, '11', true, 'moved', 'events')`);
  await pauseAccount(at.db, at.account);
  await resumeAccount(at.db, at.account);
  await wakeAll();
  const stores = await woken("store_version");
  expect(stores).toHaveLength(4);
  expect(placesOf(stores).size).toBe(2);
  expect(await woken("sync_file")).toMatchObject([{ priority: PRIORITY.news }]);
  expect(await woken("walk_folder")).toMatchObject([{ priority: PRIORITY.walk }]);
});

test("an account that Box accepts again has its debts woken, once", async () => {
  await owe(at.source, 1, PRIORITY.backfill);
  await markNeedsRelogin(at.db, at.account, "the login is dead");
  await linkAgain(at.db, at.account);
  await linkAgain(at.db, at.account);
  expect(await woken("wake_debts")).toHaveLength(1);
  await wakeAll();
  expect(await woken("store_version")).toHaveLength(1);
});

test("what is paused again before it was woken is left, and so is what somebody works on", async () => {
  await owe(at.source, 2, PRIORITY.backfill);
  await setPaused(at.db, at.source, true);
  await setPaused(at.db, at.source, false);
  await setPaused(at.db, at.source, true);
  await wakeAll();
  expect(await woken("store_version")).toEqual([]);
  const [first] = await rows<{ id: string }>(at.db, sql`select min(id) as id from objects`);
  await at.db.execute(
    sql`update objects set leased_by = gen_random_uuid() where id = ${first?.id}::bigint`,
  );
  await setPaused(at.db, at.source, false);
  await wakeAll();
  expect(await woken("store_version")).toHaveLength(1);
});
