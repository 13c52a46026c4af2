import type { AccountId } from "../core/ids.ts";
import { findAccount, markPaused, markResumed } from "../db/accounts.ts";
import type { Database } from "../db/open.ts";
import { enqueue } from "./enqueue.ts";
import { wakeDebts } from "./wake-debts.ts";

/**
 * Leaves Box alone for an account: no pass, store, check, walk or comparison of webhooks begins, and
 * what is under way ends at its next safe point. Deliveries are still received and become debts, and
 * nothing is given up. Two things still go to Box: what a person asks for (a test, a folder, a new
 * source), and an OAuth 2.0 login that would die of idleness is renewed.
 *
 * An account that needs a new login may be paused, and keeps why; a login that Box refuses while
 * the account is paused leaves it paused, and its reason says both. Nothing but `resumeAccount` ends
 * a pause, neither a test that passes nor new credentials. Twice is once: the first reason and
 * moment stay. False when there is no such account.
 */
export async function pauseAccount(
  db: Database,
  account: AccountId,
  reason = "Paused by an operator",
): Promise<boolean> {
  if (!(await findAccount(db, account))) return false;
  await markPaused(db, account, reason);
  return true;
}

/**
 * Ends a pause: what waited is due now and woken, the event stream is read and the webhooks are
 * compared at once. An account whose credentials Box refused is `linked` until that reading meets the refusal
 * again. Does nothing to one that is not paused. False when there is no such account.
 */
export async function resumeAccount(db: Database, account: AccountId): Promise<boolean> {
  return db.transaction(async (tx) => {
    if (!(await findAccount(tx, account))) return false;
    if (await markResumed(tx, account)) {
      await wakeDebts(tx, { accountId: account });
      await enqueue(tx, [
        { task: "reconcile", payload: { accountId: account } },
        { task: "keep_webhooks", payload: { accountId: account } },
      ]);
    }
    return true;
  });
}
