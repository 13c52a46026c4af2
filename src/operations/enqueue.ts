import { sql } from "drizzle-orm";
import type { AccountId, SourceId } from "../core/ids.ts";
import type { EventStream } from "../core/streams.ts";
import { type Queryable, rows, toJson } from "../db/open.ts";
import type { DebtPlace } from "../db/overdue.ts";
import { BACKFILL_FLAG } from "../db/queue-indexes.ts";

/** Every task of the queue and what its job carries: ids, never a body, a name or a secret. */
export interface Tasks {
  store_version: { objectId: number };
  sync_file: { checkId: number };
  walk_folder: { walkId: number };
  wake_debts: ({ accountId: AccountId } | { sourceId: SourceId }) & WokenSoFar;
  reconcile: { accountId?: string; stream?: EventStream };
  choose_streams: { accountId?: string };
  keep_webhooks: { accountId?: string };
  look_after: object;
  start_sweeps: object;
  keep_logins: object;
  prune: object;
}

/** How far debts have been woken, and the turn of the next; nothing for the beginning. */
export interface WokenSoFar {
  after?: DebtPlace;
  turn?: number;
}

export type TaskName = keyof Tasks;

export interface Job<Name extends TaskName = TaskName> {
  task: Name;
  payload: Tasks[Name];
  /** Lower goes first; a pass's, or that of news, unless said. */
  priority?: number;
  /** Not before this. */
  runAt?: Date | undefined;
}

/**
 * Passes before all: they are few and short, and thousands of checks that came with one of them must not keep
 * the next minute's waiting. Then news before what may wait. Of that, the listing that finds it and what was
 * put off once go ahead of what waits for its first turn.
 */
export const PRIORITY = { pass: -10, news: 0, walk: 5, ahead: 9, backfill: 10 } as const;

/** What a backfill or sweep finds stands back behind all news, in the queue and for calls to Box. */
export const mayWait = (priority: number) => priority >= PRIORITY.backfill;

/** What is worked for one row; every other task is a pass over many. */
const OF_A_ROW: ReadonlySet<TaskName> = new Set(["store_version", "sync_file", "walk_folder"]);

const priorityOf = ({ task, priority }: Job) =>
  priority ?? (OF_A_ROW.has(task) ? PRIORITY.news : PRIORITY.pass);

/** Where jobs that are asked for together stand in the queue. */
export interface QueueOrder {
  priority: number;
  /** Of the nth; at once unless said. */
  runAt?: (nth: number) => Date;
}

/**
 * Wakes workers, in the caller's transaction: the jobs exist when it commits and never without it.
 * A job is only a wake-up for a row, so a second one for the same row is harmless.
 */
export async function enqueue(db: Queryable, jobs: readonly Job[]): Promise<void> {
  if (jobs.length === 0) return;
  const specs = jobs.map((job) => ({
    identifier: job.task,
    payload: job.payload,
    run_at: job.runAt?.toISOString() ?? null,
    priority: priorityOf(job),
    flags: priorityOf(job) < PRIORITY.ahead ? null : [BACKFILL_FLAG],
    // graphile-worker's own retries serve crashes only; the policy is core/retry.ts.
    max_attempts: 25,
  }));
  const [answer] = await rows<{ added: number }>(
    db,
    sql`
      select count(*)::int as added from graphile_worker.add_jobs(array(
        select json_populate_recordset(null::graphile_worker.job_spec, ${toJson(specs)}::json)))`,
  );
  if (answer?.added !== jobs.length)
    throw new Error(`bug: ${jobs.length} jobs were asked for and ${answer?.added} were added`);
}
