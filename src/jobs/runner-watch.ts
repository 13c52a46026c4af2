import { EventEmitter } from "node:events";
import type { WorkerEvents } from "graphile-worker";

export interface RunnerWatch {
  /** To be given to the runner. */
  events: WorkerEvents;
  /** To be told of every error that the runner logs: those of its local queue are no event. */
  onError(): void;
  /** Resolves when the runner will never fetch a job; never, once it has fetched. */
  neverFetches: Promise<void>;
}

/**
 * Watches a runner of the queue: says the pools that it makes, and whether it can fetch at all. Before its first
 * fetch graphile-worker (0.18.0) asks the database for the numbers of its tasks, and keeps the answer for good,
 * also that the connection was lost meanwhile: such a runner lives, fails at every fetch, and never works a job.
 * So an error before the first fetch that succeeds means that another runner must take its place.
 */
export function watchRunner(onPool: (id: string) => void): RunnerWatch {
  const events = new EventEmitter() as WorkerEvents;
  const { promise: neverFetches, resolve } = Promise.withResolvers<void>();
  let hasFetched = false;
  const onFetch = () => void (hasFetched = true);
  const onError = () => {
    if (!hasFetched) resolve();
  };
  events.on("pool:create", ({ workerPool }) => onPool(workerPool.id));
  events.on("localQueue:getJobs:complete", onFetch);
  events.on("worker:getJob:empty", onFetch);
  events.on("job:start", onFetch);
  events.on("worker:getJob:error", onError);
  return { events, onError, neverFetches };
}
