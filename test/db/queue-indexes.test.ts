import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rows } from "../../src/db/open.ts";
import { indexQueue } from "../../src/db/queue-indexes.ts";
import { enqueue, type Job, PRIORITY } from "../../src/operations/enqueue.ts";
import { cloneDatabase } from "../support/database.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  database = await cloneDatabase();
  const jobs = Array.from({ length: 5000 }, (_, objectId): Job => ({
    task: "store_version",
    payload: { objectId },
    priority: PRIORITY.backfill,
  }));
  await enqueue(database.db, jobs);
  await enqueue(database.db, [
    { task: "sync_file", payload: { checkId: 1 } },
    { task: "walk_folder", payload: { walkId: 1 } },
  ]);
  await database.db.execute(sql`delete from graphile_worker._private_jobs where priority = 0`);
  await database.db.execute(sql`analyze graphile_worker._private_jobs`);
});
afterAll(() => database.close());

/** How graphile-worker looks for a job, as far as it costs; `blocks` is what it had to read. */
async function look(tasks: string[], condition = sql``) {
  const known = await rows<{ id: number; identifier: string }>(
    database.db,
    sql`select id, identifier from graphile_worker._private_tasks`,
  );
  const ids = known.flatMap(({ id, identifier }) => (tasks.includes(identifier) ? [id] : []));
  const [found] = await rows<{ "QUERY PLAN": [{ Plan: Record<string, number> }] }>(
    database.db,
    sql`
      explain (analyze, buffers, format json)
      select jobs.job_queue_id, jobs.priority, jobs.run_at, jobs.id
      from graphile_worker._private_jobs as jobs
      where jobs.is_available = true and run_at <= now()
        and task_id = any(${sql.raw(`array[${ids.join(",")}]`)}::int[])
        and (jobs.job_queue_id is null or jobs.job_queue_id in (
          select id from graphile_worker._private_job_queues as job_queues
          where job_queues.is_available = true for update skip locked))
        ${condition}
      order by priority asc, run_at asc limit 1 for update skip locked`,
  );
  const plan = found?.["QUERY PLAN"][0].Plan;
  return { rows: plan?.["Actual Rows"], blocks: plan?.["Shared Hit Blocks"] };
}

test("places that are closed to backfills see past five thousand of them in a few reads", async () => {
  const closed = sql`and ((flags ?| array['backfill']::text[]) is not true)`;
  const { rows, blocks } = await look(["store_version"], closed);
  expect(rows).toBe(0);
  expect(blocks).toBeLessThan(20);
});

test("and so do places for other tasks", async () => {
  const { rows, blocks } = await look(["sync_file", "walk_folder"]);
  expect(rows).toBe(0);
  expect(blocks).toBeLessThan(20);
});

test("the indexes may be asked for again", async () => {
  await indexQueue(database.db);
  await indexQueue(database.db);
});
