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

/**
 * Box accepts the credentials again: what waited for that is due now, and found by the rescue pass.
 * Does nothing for an account that is linked.
 */
export async function markLinked(db: Queryable, account: AccountId) {
  const relinked = await db
    .update(accounts)
    .set({ state: "linked", reason: null, stateSince: sql`now()` })
    .where(and(eq(accounts.id, account), eq(accounts.state, "needs_relogin")))
    .returning({ id: accounts.id });
  if (relinked.length === 0) return;
  await db.execute(sql`
    update objects o set due_at = now() from sources s
    where s.id = o.source_id and s.account_id = ${account}::uuid
      and o.state = 'waiting' and o.failure = 'unauthorized' and o.due_at > now()`);
  for (const table of ["checks", "walks"])
    await db.execute(sql`
      update ${sql.identifier(table)} set due_at = now()
      where account_id = ${account}::uuid and state = 'due' and failure = 'unauthorized'
        and due_at > now()`);
}

/** An account that is not deleted. */
export async function findAccount(db: Queryable, account: AccountId) {
  const [row] = await db
    .select()
    .from(accounts)
    .where(and(eq(accounts.id, account), ne(accounts.state, "deleted")));
  return row;
}
