import { sql } from "drizzle-orm";
import { makeWorkerUtils, type WorkerUtils } from "graphile-worker";
import { beforeEach, expect, test } from "vitest";
import { rows } from "../../src/db/open.ts";
import { startWorker } from "../../src/jobs/runner.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { databaseForEach } from "../support/for-each.ts";
import { eventually } from "../support/eventually.ts";
import { queuedJobs } from "../support/seed.ts";
import { scriptBox, workbench } from "./workbench.ts";

/** What we rely on in graphile-worker, and what we found it does: an upgrade that changes it fails here. */

const at = databaseForEach();
let utils: WorkerUtils;
beforeEach(async () => {
  utils = await makeWorkerUtils({ connectionString: at.url });
  return () => utils.release();
});

const wake = (objectId: number) =>
  enqueue(at.db, [{ task: "store_version", payload: { objectId } }]);

const attempts = async () =>
  (
    await rows<{ attempts: number }>(
      at.db,
      sql`select attempts from graphile_worker.jobs order by id`,
    )
  ).map((row) => row.attempts);

const nothing = async () => {};

/** A worker whose stores and checks do what the test says, one check or pass at a time; the rest has nothing to do. */
function startStores(
  store: (objectId: number, signal: AbortSignal | undefined) => Promise<void>,
  { check = nothing, pass = nothing }: Partial<Record<"check" | "pass", () => Promise<void>>> = {},
) {
  const { deps } = workbench(at.db, scriptBox());
  return startWorker(deps, {
    databaseUrl: at.url,
    stores: 2,
    others: 1,
    tasks: {
      store_version: (payload, helpers) =>
        store((payload as { objectId: number }).objectId, helpers.abortSignal),
      sync_file: check,
      walk_folder: nothing,
      reconcile: pass,
      keep_webhooks: nothing,
    },
  });
}

test("every job asked for is added, in order, with its priority and time", async () => {
  const runAt = new Date("2030-01-01T00:00:00Z");
  await enqueue(at.db, [
    { task: "sync_file", payload: { checkId: 2 }, priority: 10, runAt },
    { task: "store_version", payload: { objectId: 1 } },
    { task: "store_version", payload: { objectId: 1 } },
  ]);
  expect(await queuedJobs(at.db)).toMatchObject([
    { task: "sync_file", payload: { checkId: 2 }, priority: 10 },
    { task: "store_version", payload: { objectId: 1 }, priority: 0 },
    { task: "store_version", payload: { objectId: 1 }, priority: 0 },
  ]);
  expect(
    await rows(
      at.db,
      sql`select run_at = ${runAt.toISOString()}::timestamptz as there from graphile_worker.jobs
        where task_identifier = 'sync_file'`,
    ),
  ).toEqual([{ there: true }]);
});

test("rescheduling to no attempts does nothing in JavaScript, so we never replay that way", async () => {
  await wake(1);
  await at.db.execute(sql`update graphile_worker._private_jobs set attempts = max_attempts`);
  const ids = (await queuedJobs(at.db)).map(({ id }) => id);
  await utils.rescheduleJobs(ids, { attempts: 0 });
  expect(await attempts()).toEqual([25]);
  await at.db.execute(sql`
    select graphile_worker.reschedule_jobs(array(select id from graphile_worker.jobs), attempts := 0)`);
  expect(await attempts()).toEqual([0]);
});

test("a key does not bring a dead job back to life, so no job of ours has one", async () => {
  const add = () => utils.addJob("store_version", { objectId: 1 }, { jobKey: "k", maxAttempts: 1 });
  await add();
  await at.db.execute(sql`update graphile_worker._private_jobs set attempts = max_attempts`);
  await add();
  expect(await attempts()).toEqual([1, 0]);
});

test("a job that ends while the worker stops is finished, not run again", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let begun = 0;
  const worker = await startStores(async () => {
    begun += 1;
    await held;
  });
  for (const id of [1, 2]) await wake(id);
  await eventually("both stores run", () => begun === 2);
  const stopped = worker.stop();
  release();
  await stopped;
  // A full minute may have passed meanwhile, and left what it wakes.
  const left = (await queuedJobs(at.db)).filter(({ task }) => task === "store_version");
  expect(left).toEqual([]);
  expect(await rows(at.db, sql`select 1 from workers`)).toEqual([]);
});

test("a pass does not wait behind the checks that are due, however many", async () => {
  const checks = Array.from({ length: 60 }, (_, checkId) => ({
    task: "sync_file" as const,
    payload: { checkId },
    runAt: new Date(0),
  }));
  await enqueue(at.db, checks);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const ran: string[] = [];
  const worker = await startStores(nothing, {
    check: async () => void (ran.push("check") === 1 && (await held)),
    pass: async () => void ran.push("pass"),
  });
  await eventually("a check runs", () => ran.length === 1);
  await enqueue(at.db, [{ task: "reconcile", payload: {} }]);
  release();
  await eventually("all have run", () => ran.length > checks.length);
  await worker.stop();
  // Behind those that the worker had fetched already: a handful.
  expect(ran.indexOf("pass")).toBeLessThan(10);
});

test("a job that stops when told leaves no lock behind", async () => {
  let begun = false;
  const worker = await startStores(
    (_id, signal) =>
      new Promise((_resolve, reject) => {
        begun = true;
        signal?.addEventListener("abort", () => reject(new Error("stopped")));
      }),
  );
  await wake(1);
  await eventually("the store runs", () => begun);
  await worker.stop();
  expect(
    await rows(at.db, sql`select 1 from graphile_worker.jobs where locked_by is not null`),
  ).toEqual([]);
});
