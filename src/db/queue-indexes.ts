import { sql } from "drizzle-orm";
import type { Queryable } from "./open.ts";

/**
 * Marks jobs that may wait, so that some of a worker's places can be closed to them. The index below and
 * graphile-worker's own query must spell it alike.
 */
export const BACKFILL_FLAG = "backfill";

/**
 * Indexes of ours on the queue's table, for two kinds of worker that look for work which is not there:
 * one whose places are closed to backfills, and one whose tasks are few among many of others. Each is woken
 * whenever a job is added, and without these reads past every job of a backfill's backlog to find nothing
 * (13 ms for fifty thousand, several times for each page that a walk lists). They change nothing but
 * cost; an upgrade of graphile-worker that replaces its table only loses them. Run again, they are there.
 */
export async function indexQueue(db: Pick<Queryable, "execute">): Promise<void> {
  await db.execute(sql`
    create index if not exists longshore_jobs_unflagged
      on graphile_worker._private_jobs (priority, run_at) include (id, task_id, job_queue_id)
      where is_available = true
        and (flags ?| ${sql.raw(`array['${BACKFILL_FLAG}']::text[]`)}) is not true`);
  await db.execute(sql`
    create index if not exists longshore_jobs_task
      on graphile_worker._private_jobs (task_id, priority, run_at) where is_available = true`);
}
