import { Failure } from "../core/failure.ts";
import { createPurse, type Turn, URGENCIES, type Urgency } from "../core/purse.ts";
import { easeBudget, type Leased, leaseCalls, returnCalls } from "../db/call-leases.ts";
import type { Queryable } from "../db/open.ts";
import { describeError, type Log } from "../log.ts";

/** Box names its wait with nearly every 429; this is for one that does not. */
const UNNAMED_WAIT_MS = 10_000;
/** Whatever Box names: after so long one call may ask again. */
const LONGEST_WAIT_MS = 60 * 60 * 1000;

/** Nobody waits here for longer: the debt is set back, and whoever waits meanwhile is another account's. */
const PATIENCE_MS = 2_000;

/** When there is none to lease, the next asking is no sooner, however little is missing. */
const SHORTEST_WAIT_MS = 25;

export interface BudgetDeps {
  db: Queryable;
  log: Log;
  /** Of a Box user without a setting of its own. */
  callsPerMinute: number;
}

/** One Box user's budget, as one process spends it. */
export interface Spender {
  /** Waits for a call in this name. Throws `throttled` when it is far off, `stopped` when the signal says so. */
  spend(turn: Turn, signal?: AbortSignal): Promise<void>;
  /** Box refused a call: no process makes one until it asked for, or for 10 seconds where it did not say. */
  throttled(retryAfterMs: number | undefined): Promise<void>;
  /** Gives back what was leased and not used. Those who wait are not served any more until somebody comes. */
  settle(): Promise<void>;
}

interface Waiter {
  admit(): void;
  refuse(error: unknown): void;
}

/**
 * A purse that is filled from the database: it leases for those who wait in batches, one request for each
 * urgency at a time, and looks again at the moment when the next of them can be served.
 */
export function createSpender({ db, log, callsPerMinute }: BudgetDeps, boxUserId: string): Spender {
  const purse = createPurse<Waiter>();
  /** For these the database is being asked. */
  const asking = new Set<Urgency>();
  const askAgainAtMs = { news: 0, backfill: 0 };
  let timer: NodeJS.Timeout | undefined;

  /** Serves who can be served, leases what is wanted, and sees to it that this happens again in time. */
  function attend() {
    clearTimeout(timer);
    const nowMs = performance.now();
    for (const { admit } of purse.serve(nowMs)) admit();
    const moments = [purse.nextAtMs() ?? Infinity];
    for (const urgency of URGENCIES) {
      const count = asking.has(urgency) ? 0 : purse.demand(urgency, nowMs);
      if (count > 0 && askAgainAtMs[urgency] <= nowMs) void lease(urgency, count);
      else if (count > 0) moments.push(askAgainAtMs[urgency]);
    }
    const nextAtMs = Math.min(...moments);
    if (nextAtMs < Infinity) timer = setTimeout(attend, Math.ceil(nextAtMs - nowMs));
  }

  async function lease(urgency: Urgency, count: number) {
    asking.add(urgency);
    try {
      const unspent = purse.takeUnspent();
      const asked = { boxUserId, urgency, count, unspent, callsPerMinute };
      const leased = await leaseCalls(db, asked);
      if ("why" in leased) putOff(urgency, leased);
      else purse.put({ urgency, momentsMs: momentsOf(leased, performance.now()) });
    } catch (error) {
      dismiss(urgency, error);
    } finally {
      asking.delete(urgency);
      attend();
    }
  }

  /** There is none now. What is near is waited for, and so is whatever only other calls stand before. */
  function putOff(urgency: Urgency, { why, waitMs }: Refused) {
    const isNear = why === "crowded" || waitMs <= PATIENCE_MS;
    askAgainAtMs[urgency] = isNear ? performance.now() + Math.max(SHORTEST_WAIT_MS, waitMs) : 0;
    if (!isNear) dismiss(urgency, refusal(why, waitMs));
  }

  function dismiss(urgency: Urgency, error: unknown) {
    for (const { refuse } of purse.dismiss(urgency)) refuse(error);
  }

  async function spend(turn: Turn, signal?: AbortSignal): Promise<void> {
    const stopped = () => new Failure("stopped", "The call to Box was stopped.");
    if (signal?.aborted) throw stopped();
    const { promise, resolve: admit, reject: refuse } = Promise.withResolvers<void>();
    const waiter = { admit, refuse };
    const leave = () => {
      if (purse.leave(turn, waiter)) refuse(stopped());
    };
    purse.join(turn, waiter);
    signal?.addEventListener("abort", leave, { once: true });
    attend();
    await promise.finally(() => signal?.removeEventListener("abort", leave));
  }

  async function throttled(retryAfterMs = UNNAMED_WAIT_MS) {
    purse.drop();
    const waitMs = Math.min(retryAfterMs, LONGEST_WAIT_MS);
    try {
      await easeBudget(db, boxUserId, waitMs);
      log.warn({ wait_ms: waitMs }, "Box refused a call for being one too many");
    } catch (error) {
      log.warn({ err: describeError(error) }, "The other processes could not be told of a 429");
    }
    attend();
  }

  async function settle() {
    clearTimeout(timer);
    purse.drop();
    const unspent = purse.takeUnspent();
    if (unspent > 0) await returnCalls(db, { boxUserId, unspent, callsPerMinute });
  }

  return { spend, throttled, settle };
}

type Granted = Exclude<Leased, { why: string }>;
type Refused = Extract<Leased, { why: string }>;

/** When each leased call is due. One that was saved up is long due: here it is good from when it arrives. */
const momentsOf = ({ granted, startsInMs, everyMs }: Granted, nowMs: number): number[] =>
  Array.from({ length: granted }, (_, n) => nowMs + Math.max(0, startsInMs + n * everyMs));

function refusal(why: Exclude<Refused["why"], "crowded">, waitMs: number): Failure {
  const reason =
    why === "paused"
      ? "Box asked us to wait before the next call."
      : "The calls that this Box user may make in a month are used up.";
  const hint =
    why === "month"
      ? "Raise the account's callsPerMonth if Box allows more; else the work goes on next month, news before the backfill."
      : "Nothing: the service waits as told.";
  return new Failure("throttled", reason, { retryAfterMs: waitMs, hint });
}
