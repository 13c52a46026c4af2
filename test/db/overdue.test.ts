import { sql, type SQL } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { overdueDebts } from "../../src/db/overdue.ts";
import { leaseObjects } from "../../src/db/object-leases.ts";
import { rescue } from "../../src/jobs/rescue.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { workbench, scriptBox } from "../jobs/workbench.ts";
import { inboxForEach } from "../support/for-each.ts";
import { fileTouched, folderTouched, queuedJobs, versionSeen } from "../support/seed.ts";

const at = inboxForEach();
beforeEach(async () => {
  await recordChanges(at.db, {
    accountId: at.account,
    door: "events",
    prefix: "",
    news: [versionSeen(), fileTouched("2"), folderTouched("55")],
  });
  await at.db.execute(sql`update checks set due_at = now()`);
});

const run = (statement: SQL) => at.db.execute(statement);
const loseJobs = () => run(sql`delete from graphile_worker._private_jobs`);
const NOTHING = { objects: [], checks: [], walks: [] };
const EVERYTHING = {
  objects: [{ id: 1, priority: 0 }],
  checks: [{ id: 1, priority: 0 }],
  walks: [1],
};

test("debts whose wake-ups were lost are found", async () => {
  await loseJobs();
  expect(await overdueDebts(at.db)).toEqual(EVERYTHING);
});

test("debts whose jobs are ready are left to them, kind by kind", async () => {
  await run(sql`update graphile_worker._private_jobs set run_at = now()`);
  expect(await overdueDebts(at.db)).toEqual(NOTHING);
  await run(sql`
    delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t
    where t.id = j.task_id and t.identifier = 'store_version'`);
  expect(await overdueDebts(at.db)).toEqual({ ...EVERYTHING, checks: [], walks: [] });
});

test("a job that is locked, later or dead wakes nobody, so its debt is overdue", async () => {
  const useless = [
    sql`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool'`,
    sql`update graphile_worker._private_jobs set run_at = now() + interval '1 hour'`,
    sql`update graphile_worker._private_jobs set run_at = now(), attempts = max_attempts`,
  ];
  for (const statement of useless) {
    await run(statement);
    expect(await overdueDebts(at.db)).toEqual(EVERYTHING);
    await run(sql`update graphile_worker._private_jobs set locked_at = null, locked_by = null`);
  }
});

test("what cannot be worked now is not overdue", async () => {
  await loseJobs();
  await run(sql`update sources set state = 'paused'`);
  expect(await overdueDebts(at.db)).toEqual({ ...EVERYTHING, objects: [] });
  await run(sql`update sources set state = 'active'`);
  await run(sql`update accounts set state = 'needs_relogin'`);
  expect(await overdueDebts(at.db)).toEqual(NOTHING);
  await run(sql`update accounts set state = 'linked'`);
  for (const table of ["objects", "checks", "walks"])
    await run(sql`update ${sql.identifier(table)} set leased_by = gen_random_uuid()`);
  expect(await overdueDebts(at.db)).toEqual(NOTHING);
  for (const table of ["objects", "checks", "walks"])
    await run(sql`update ${sql.identifier(table)}
      set leased_by = null, due_at = now() + interval '1 minute'`);
  expect(await overdueDebts(at.db)).toEqual(NOTHING);
  for (const table of ["objects", "checks", "walks"])
    await run(sql`update ${sql.identifier(table)} set due_at = now(), state = 'given_up'`);
  expect(await overdueDebts(at.db)).toEqual(NOTHING);
});

test("one heartbeat wakes each overdue debt once, and drops what this worker works on no more", async () => {
  await loseJobs();
  const { deps } = workbench(at.db, scriptBox());
  expect(await rescue(deps, ["pool-1"])).toEqual({ buried: 0, woken: 3 });
  const jobs = await queuedJobs(at.db);
  expect(jobs.map(({ task, payload }) => ({ task, payload }))).toEqual([
    { task: "store_version", payload: { objectId: 1 } },
    { task: "sync_file", payload: { checkId: 1 } },
    { task: "walk_folder", payload: { walkId: 1 } },
  ]);
  expect(await rescue(deps, ["pool-1"])).toEqual({ buried: 0, woken: 0 });

  await loseJobs();
  await leaseObjects(at.db, deps.worker, [1]);
  await deps.held.during("objects", 1, async () => {
    expect(await rescue(deps, ["pool-1"])).toMatchObject({ woken: 2 });
  });
  await loseJobs();
  expect(await rescue(deps, ["pool-1"])).toMatchObject({ woken: 3 });
});
