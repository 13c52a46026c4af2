import { and, eq, ne, sql } from "drizzle-orm";
import type { AccountId } from "../core/ids.ts";
import type { Queryable } from "./open.ts";
import { accounts } from "./schema.ts";

/** Makes an account wait for a person: its debts stay as they are. Twice keeps the first moment. */
export async function markNeedsRelogin(db: Queryable, account: AccountId, reason: string) {
  await db
    .update(accounts)
    .set({ state: "needs_relogin", reason, stateSince: sql`now()` })
    .where(and(eq(accounts.id, account), eq(accounts.state, "linked")));
}

/** Box accepts the credentials again; what waited is found by the rescue pass. */
export async function markLinked(db: Queryable, account: AccountId) {
  await db
    .update(accounts)
    .set({ state: "linked", reason: null, stateSince: sql`now()` })
    .where(and(eq(accounts.id, account), eq(accounts.state, "needs_relogin")));
}

/** An account that is not deleted. */
export async function findAccount(db: Queryable, account: AccountId) {
  const [row] = await db
    .select()
    .from(accounts)
    .where(and(eq(accounts.id, account), ne(accounts.state, "deleted")));
  return row;
}
