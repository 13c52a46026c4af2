import type { AccountId } from "../core/ids.ts";
import { decide } from "../core/retry.ts";
import { markNeedsRelogin } from "../db/accounts.ts";
import { setBack } from "../db/setbacks.ts";
import { isLakeFailure } from "../lake/errors.ts";
import { describeError } from "../log.ts";
import { enqueue, type Job, PRIORITY } from "../operations/enqueue.ts";
import { asFailure } from "./as-failure.ts";
import type { JobDeps, Outcome } from "./task.ts";

/** A debt under lease whose attempt has just failed. */
export interface Attempted {
  id: number;
  lease: number;
  attempts: number;
  /** Of a check: how often it had been asked for when it was leased. */
  asked?: number;
  priority?: number;
  accountId: AccountId;
  /** Since when it is owed, where that is known. */
  seenAt?: Date;
}

const WAKE_UP = {
  objects: (objectId: number): Job => ({ task: "store_version", payload: { objectId } }),
  checks: (checkId: number): Job => ({ task: "sync_file", payload: { checkId } }),
  walks: (walkId: number): Job => ({ task: "walk_folder", payload: { walkId } }),
};

/** Nobody uses credentials any more that were replaced so long ago. */
const OLD_CREDENTIALS_MS = 6_000;

/**
 * Ends a failed attempt: asks the retry policy, and writes its verdict, the reason and the next
 * wake-up in one transaction. Writes nothing when the lease was lost. Credentials that Box refuses
 * make the whole account wait, unless they were replaced just now; those that Google refuses are not the account's.
 */
export async function settleFailure(
  deps: Pick<JobDeps, "db" | "worker" | "random" | "log">,
  table: keyof typeof WAKE_UP,
  debt: Attempted,
  error: unknown,
  signal: AbortSignal,
): Promise<Outcome> {
  const failure = asFailure(error, signal);
  if (failure !== error && failure.kind !== "stopped")
    deps.log.error({ err: describeError(error), [`${table}.id`]: debt.id }, "An attempt met a bug");
  const owedForMs = debt.seenAt ? Date.now() - debt.seenAt.getTime() : 0;
  const verdict = decide(failure, debt.attempts + 1, deps.random(), owedForMs);
  const attempts = debt.attempts + (verdict.again && !verdict.counts ? 0 : 1);
  const dueAt = await deps.db.transaction(async (tx) => {
    const isRefused = failure.kind === "unauthorized" && !isLakeFailure(error);
    const waits = isRefused && (await markNeedsRelogin(tx, debt.accountId, failure.message));
    const afterMs = isRefused && !waits ? OLD_CREDENTIALS_MS : verdict.again && verdict.afterMs;
    const retryAt = afterMs === false ? undefined : new Date(Date.now() + afterMs);
    const { id, lease, asked } = debt;
    const { kind, message: reason, hint } = failure;
    const setback = { id, lease, asked, attempts, failure: kind, reason, hint, dueAt: retryAt };
    const written = await setBack(tx, deps.worker, table, setback);
    const priority = Math.min(debt.priority ?? PRIORITY.news, PRIORITY.ahead);
    const runAt = written?.dueAt;
    if (runAt) await enqueue(tx, [{ ...WAKE_UP[table](id), priority, runAt }]);
    return written ? runAt : retryAt;
  });
  return { outcome: dueAt ? "set_back" : "given_up", failure, dueAt };
}
