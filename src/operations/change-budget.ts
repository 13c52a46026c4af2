import type { AccountId } from "../core/ids.ts";
import { linkedAccountsOf, makeDue } from "../db/accounts.ts";
import { type BudgetSetting, setBudget } from "../db/budgets.ts";
import type { Database } from "../db/open.ts";
import { wakeDebts } from "./wake-debts.ts";

/**
 * Sets what a Box user may call, whichever of its accounts does. Where the month's calls are set, what was
 * put off for want of them is due now and woken, and put off again if there are still too few. Answers
 * the accounts that were woken.
 */
export function changeBudget(
  db: Database,
  boxUserId: string,
  setting: BudgetSetting,
): Promise<AccountId[]> {
  return db.transaction(async (tx) => {
    await setBudget(tx, boxUserId, setting);
    if (setting.callsPerMonth === undefined) return [];
    const accounts = await linkedAccountsOf(tx, boxUserId);
    for (const accountId of accounts) {
      await makeDue(tx, accountId, "throttled");
      await wakeDebts(tx, { accountId });
    }
    return accounts;
  });
}
