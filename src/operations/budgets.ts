import type { Meter } from "../box/api.ts";
import type { Turn } from "../core/purse.ts";
import { describeError } from "../log.ts";
import { type BudgetDeps, createSpender, type Spender } from "./spender.ts";

export interface Budgets {
  /** Admits calls in the name of a Box user, whichever account and process makes them. */
  meter(boxUserId: string, turn: Turn): Meter;
  /**
   * At the end of a process, when nobody waits any more: takes back from the counts of minute and month
   * what was leased and not used. Never throws: what cannot be taken back is counted as used.
   */
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
