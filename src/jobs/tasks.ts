import type { JobHelpers, Task, TaskList } from "graphile-worker";
import type { FailureKind } from "../core/failure.ts";
import { describeError, type Log } from "../log.ts";
import type { TaskName, Tasks } from "../operations/enqueue.ts";
import { createChooseStreams } from "./choose-streams.ts";
import { createKeepLogins } from "./keep-logins.ts";
import { createKeepWebhooks } from "./keep-webhooks.ts";
import { createLookAfter } from "./look-after.ts";
import { createPrune } from "./prune.ts";
import { createReconcile } from "./reconcile.ts";
import { createStartSweeps } from "./start-sweeps.ts";
import { createStoreVersion } from "./store-version.ts";
import { createSyncFile } from "./sync-file.ts";
import type { Handler, JobDeps, Outcome } from "./task.ts";
import { createWakeDebts } from "./wake-debts.ts";
import { createWalkFolder } from "./walk-folder.ts";

/** What the metrics are told of each run. */
export type CountJob = (
  task: TaskName,
  outcome: Outcome["outcome"],
  failure: FailureKind | undefined,
  seconds: number,
) => void;

/** What surrounds each run, as a trace does. */
export type AroundJob = (
  task: TaskName,
  ids: unknown,
  run: () => Promise<Outcome>,
) => Promise<Outcome>;

/** Every task that the queue knows, wrapped alike: run, one line in the log, one count. */
export function createTasks(
  deps: JobDeps,
  count: CountJob,
  around: AroundJob = (_task, _ids, run) => run(),
): Record<TaskName, Task> {
  const wrap = <Name extends TaskName>(name: Name, handler: Handler<Name>): Task =>
    async function run(payload: unknown, helpers: JobHelpers) {
      const startedAt = performance.now();
      const seconds = () => (performance.now() - startedAt) / 1000;
      // enqueue() is the only writer of jobs, and types what it writes.
      const outcome = await around(name, payload, () =>
        handler(payload as Tasks[Name], helpers.abortSignal ?? NEVER),
      ).catch((error: unknown) => {
        deps.log.error({ err: describeError(error), task: name }, `The job ${name} failed`);
        count(name, "set_back", undefined, seconds());
        // The queue keeps the message of what it is thrown; it gets one without parameters in it.
        throw new Error(`${name} failed: ${String(describeError(error)["message"])}`);
      });
      const failure = "failure" in outcome ? outcome.failure.kind : undefined;
      count(name, outcome.outcome, failure, seconds());
      const durationMs = Math.round(seconds() * 1000);
      writeLine(deps.log, outcome, payload, {
        task: name,
        "job.id": helpers.job.id,
        duration_ms: durationMs,
        outcome: outcome.outcome,
      });
    };

  return {
    store_version: wrap("store_version", createStoreVersion(deps)),
    sync_file: wrap("sync_file", createSyncFile(deps)),
    walk_folder: wrap("walk_folder", createWalkFolder(deps)),
    wake_debts: wrap("wake_debts", createWakeDebts(deps)),
    reconcile: wrap("reconcile", createReconcile(deps)),
    choose_streams: wrap("choose_streams", createChooseStreams(deps)),
    keep_logins: wrap("keep_logins", createKeepLogins(deps)),
    prune: wrap("prune", createPrune(deps)),
    keep_webhooks: wrap("keep_webhooks", createKeepWebhooks(deps)),
    look_after: wrap("look_after", createLookAfter(deps)),
    start_sweeps: wrap("start_sweeps", createStartSweeps(deps)),
  } satisfies TaskList;
}

const NEVER = new AbortController().signal;

/** A run that found nothing to do is not worth a line. */
function writeLine(log: Log, outcome: Outcome, payload: unknown, fields: object): void {
  if ("failure" in outcome) {
    const { failure, dueAt } = outcome;
    const ids = typeof payload === "object" ? payload : {};
    const said = { failure: failure.kind, request_id: failure.requestId, due_at: dueAt };
    log.warn({ ...fields, ...ids, ...said }, failure.message);
  } else if ("note" in outcome) log.info({ ...fields, ...outcome.fields }, outcome.note);
}
