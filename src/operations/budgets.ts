import type { Meter } from "../box/api.ts";
import { Failure } from "../core/failure.ts";
import { createPurse, type Turn, URGENCIES, type Urgency } from "../core/purse.ts";
import { easeBudget, leaseCalls } from "../db/call-leases.ts";
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

export interface Budgets {
  /** Admits calls in the name of a Box user, whichever account and process makes them. */
  meter(boxUserId: string, turn: Turn): Meter;
  /** Takes back from the month's count what this process leased and did not use. */
  close(): Promise<void>;
}

/**
 * The budgets of all Box users, as this process sees them: a purse each, filled from the database
 * when somebody waits and nothing is left. A call waits for its turn; where that is known to be
 * further off (Box asked us to wait, the month is used up) it fails as `throttled` instead, with how
 * long to wait.
 */
export function createBudgets(deps: BudgetDeps): Budgets {
  const spenders = new Map<string, Spender>();
  const spenderOf = (boxUserId: string) => {
    const known = spenders.get(boxUserId);
    if (known) return known;
    const made = createSpender(deps, boxUserId);
    spenders.set(boxUserId, made);
    return made;
  };
  return {
    meter(boxUserId, turn) {
      const { spend, throttled } = spenderOf(boxUserId);
      return { admit: (signal) => spend(turn, signal), throttled };
    },
    async close() {
      for (const { settle } of spenders.values())
        await settle().catch((error: unknown) =>
          deps.log.warn(
            { err: describeError(error) },
            "The month's count of calls is a few too high",
          ),
        );
    },
  };
}

interface Spender {
  spend(turn: Turn, signal?: AbortSignal): Promise<void>;
  throttled(retryAfterMs: number | undefined): Promise<void>;
  settle(): Promise<void>;
}

interface Waiter {
  admit(): void;
  refuse(error: unknown): void;
}

function createSpender({ db, log, callsPerMinute }: BudgetDeps, boxUserId: string): Spender {
  const purse = createPurse<Waiter>();
  const asking = new Set<Urgency>();
  const askAgainAtMs = { news: 0, backfill: 0 };
  let timer: NodeJS.Timeout | undefined;

  const ask = (urgency: Urgency, count: number) =>
    leaseCalls(db, { boxUserId, urgency, count, unspent: purse.takeUnspent(), callsPerMinute });

  async function lease(urgency: Urgency, count: number) {
    asking.add(urgency);
    try {
      const leased = await ask(urgency, count);
      const nowMs = performance.now();
      if ("why" in leased) {
        const { waitMs, why } = leased;
        askAgainAtMs[urgency] = nowMs + Math.max(SHORTEST_WAIT_MS, waitMs);
        if (why !== "crowded" && waitMs > PATIENCE_MS) {
          askAgainAtMs[urgency] = 0;
          for (const { refuse } of purse.dismiss(urgency)) refuse(refusal(why, waitMs));
        }
      } else {
        const { granted, startsInMs, everyMs } = leased;
        // Saved-up calls may be long due; here they begin to be good when they arrive.
        for (let n = 0; n < granted; n++)
          purse.put({
            urgency,
            count: 1,
            startsAtMs: nowMs + Math.max(0, startsInMs + n * everyMs),
            everyMs,
          });
      }
    } catch (error) {
      for (const { refuse } of purse.dismiss(urgency)) refuse(error);
    } finally {
      asking.delete(urgency);
      turn();
    }
  }

  /** Serves who can be served, leases what is wanted, and sees to it that this happens again in time. */
  function turn() {
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
    if (nextAtMs < Infinity) timer = setTimeout(turn, Math.ceil(nextAtMs - nowMs));
  }

  function spend(mine: Turn, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopped = () => {
        if (purse.leave(mine, waiter))
          reject(new Failure("stopped", "The call to Box was stopped."));
      };
      const done = () => signal?.removeEventListener("abort", stopped);
      const waiter: Waiter = {
        admit: () => resolve(done()),
        refuse: (error) => {
          done();
          reject(error as Error);
        },
      };
      purse.join(mine, waiter);
      if (signal?.aborted) return stopped();
      signal?.addEventListener("abort", stopped, { once: true });
      turn();
    });
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
    turn();
  }

  async function settle() {
    clearTimeout(timer);
    purse.drop();
    const unspent = purse.takeUnspent();
    if (unspent > 0)
      await leaseCalls(db, { boxUserId, urgency: "news", count: 0, unspent, callsPerMinute });
  }

  return { spend, throttled, settle };
}

function refusal(why: "paused" | "month", waitMs: number): Failure {
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
