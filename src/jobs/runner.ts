import { setTimeout } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { Logger, run, type Runner, type Task } from "graphile-worker";
import { texts } from "../db/open.ts";
import { BACKFILL_FLAG } from "../db/queue-indexes.ts";
import { openQueuePool } from "../db/queue-pool.ts";
import { buryWorkers, HEARTBEAT_MS } from "../db/workers.ts";
import { describeError, type Log, scrub } from "../log.ts";
import { CRONTAB } from "./crontab.ts";
import { rescue } from "./rescue.ts";
import { type RunnerWatch, watchRunner } from "./runner-watch.ts";
import type { JobDeps } from "./task.ts";

export interface WorkerOptions {
  databaseUrl: string;
  tasks: Record<string, Task>;
  /** Objects stored side by side. Memory grows with it: a small file is held whole. */
  stores: number;
  /** So many more for news alone: a backfill that waits for Box's limit occupies all the others. */
  newsStores?: number;
  /** Checks, walks, passes side by side, apart from the stores so that transfers cannot starve them. */
  others: number;
  /** So many more for what cannot wait: a walk keeps its place for a turn, and a pass must not wait for it. */
  newsOthers?: number;
}

/** What is new wakes a place that is closed to flagged jobs; what comes due later is found by the others as well. */
const POLL_PAST_FLAGS_MS = 10_000;

/** A runner that ends at once, whatever the reason, is not started in a loop. */
const RESTART_MS = 500;

export interface RunningWorker {
  /** Lets running jobs stop at their next safe point, unlocks what is left, says goodbye. */
  stop(): Promise<void>;
}

/**
 * Runs this process as a worker until stopped: the runners of the queue, a heartbeat, and a watch
 * over them all. A runner that ends by itself (the database was away) is started again, after what
 * it held is unlocked.
 */
export async function startWorker(deps: JobDeps, options: WorkerOptions): Promise<RunningWorker> {
  const kinds = kindsOf(options);
  const pools = new Set<string>();
  const stopping = new AbortController();
  await rescue(deps, []);
  const supervised = kinds.map((kind) =>
    supervise(deps, options.databaseUrl, kind, pools, stopping.signal),
  );
  const heart = beatRegularly(deps, pools, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await Promise.all([...supervised, heart]);
      await buryWorkers(deps.db, deps.worker);
    },
  };
}

interface Kind {
  tasks: Record<string, Task>;
  concurrency: number;
  crontab: string;
  /** Jobs with one of these are left to others; such a runner fetches its jobs one by one, and seldom unasked. */
  forbiddenFlags?: string[];
}

/** Stores apart from the rest, so that transfers starve nothing, and of each so many more that no backfill takes. */
function kindsOf(options: WorkerOptions): Kind[] {
  const { stores, newsStores = 0, others, newsOthers = 0 } = options;
  const { store_version, ...rest } = options.tasks;
  if (!store_version) throw new Error("bug: the task store_version is missing");
  const forNews = { crontab: "", forbiddenFlags: [BACKFILL_FLAG] };
  return [
    { tasks: { store_version }, concurrency: stores, crontab: "" },
    { tasks: { store_version }, concurrency: newsStores, ...forNews },
    { tasks: rest, concurrency: others, crontab: CRONTAB },
    { tasks: rest, concurrency: newsOthers, ...forNews },
  ].filter(({ concurrency }) => concurrency > 0);
}

async function supervise(
  deps: JobDeps,
  databaseUrl: string,
  kind: Kind,
  pools: Set<string>,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    const mine = new Set<string>();
    const pgPool = openQueuePool(databaseUrl, (error) =>
      deps.log.debug({ err: describeError(error) }, "A connection of the queue ended"),
    );
    const watch = watchRunner((pool) => {
      mine.add(pool);
      pools.add(pool);
    });
    try {
      const runner = await startRunner(deps.log, pgPool, kind, watch);
      const stop = () => void runner.stop().catch(() => {});
      stopping.addEventListener("abort", stop, { once: true });
      if (stopping.aborted) stop();
      void watch.neverFetches.then(stop);
      await runner.promise;
      stopping.removeEventListener("abort", stop);
    } catch (error) {
      deps.log.error({ err: describeError(error) }, "The queue's runner failed");
    }
    await pgPool.end().catch(() => {});
    for (const pool of mine) pools.delete(pool);
    if (stopping.aborted) return;
    deps.log.warn("The queue's runner ended by itself and is started again");
    await pause(RESTART_MS, stopping);
    await unlock(deps, [...mine], stopping);
  }
}

function startRunner(
  log: Log,
  pgPool: ReturnType<typeof openQueuePool>,
  { tasks, concurrency, crontab, forbiddenFlags }: Kind,
  { events, onError }: RunnerWatch,
): Promise<Runner> {
  return run({
    pgPool,
    taskList: tasks,
    crontab,
    concurrency,
    ...(forbiddenFlags ? { forbiddenFlags } : {}),
    noHandleSignals: true,
    pollInterval: forbiddenFlags ? POLL_PAST_FLAGS_MS : 1000,
    preset: {
      worker: {
        // Unbatched, a completion is not awaited when the runner stops, and the job runs again.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        // Every task stops at once when asked: nothing is gained by waiting before asking.
        gracefulShutdownAbortTimeout: 100,
        // Fetches jobs in handfuls; small, so that news does not wait behind what was fetched.
        localQueue: { size: forbiddenFlags ? -1 : concurrency + 1 },
      },
    },
    logger: new Logger(() => (level, message) => {
      if (level === "error") onError();
      if (level === "error") log.error(scrub(message));
      else log.debug(message);
    }),
    events,
  });
}

/** What a runner of this process held when it ended; tried until the database answers. */
async function unlock({ db, log }: JobDeps, pools: string[], stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      await db.execute(sql`select graphile_worker.force_unlock_workers(${texts(pools)})`);
      return;
    } catch (error) {
      log.warn({ err: describeError(error) }, "The database does not answer yet");
      await pause(RESTART_MS, stopping);
    }
  }
}

async function beatRegularly(deps: JobDeps, pools: Set<string>, stopping: AbortSignal) {
  while (!stopping.aborted) {
    await pause(HEARTBEAT_MS, stopping);
    if (stopping.aborted) return;
    await rescue(deps, [...pools]).catch((error: unknown) =>
      deps.log.warn({ err: describeError(error) }, "A heartbeat did not reach the database"),
    );
  }
}

/** Waits, or returns early when stopping. */
const pause = (ms: number, stopping: AbortSignal) =>
  setTimeout(ms, undefined, { signal: stopping }).catch(() => {});
