import { and, eq, ne, sql } from "drizzle-orm";
import type { FailureKind } from "../core/failure.ts";
import { type AccountId, accountId } from "../core/ids.ts";
import { type Queryable, rows } from "./open.ts";
import { accounts } from "./schema.ts";

/** What stands between why an account is paused and what Box says of its credentials meanwhile. */
const REFUSED = "; Box refuses its credentials: ";

/** Twice as long as a process goes on with the credentials that it has read; see box-clients.ts. */
const REPLACED_S = 10;

/**
 * Makes an account wait for a person: its debts stay as they are. Twice keeps the first moment. A
 * paused account stays paused; its reason tells of both. Right after credentials were replaced a
 * refusal may be that of the old ones, and is not held against the new: the next one is. False then,
 * and what was refused is worth another try soon.
 */
export async function markNeedsRelogin(
  db: Queryable,
  account: AccountId,
  reason: string,
): Promise<boolean> {
  await db.execute(sql`
    update accounts set state = case state when 'paused' then 'paused' else 'needs_relogin' end,
      state_since = case state when 'paused' then state_since else now() end,
      reason = case state when 'paused' then split_part(reason, ${REFUSED}::text, 1) || ${REFUSED}::text
        else '' end || ${reason}::text
    where id = ${account}::uuid and state in ('linked', 'paused')
      and (renewed_at = created_at or renewed_at < now() - ${REPLACED_S}::int * interval '1 s')`);
  return (await findAccount(db, account))?.state !== "linked";
}

/**
 * Box accepts the credentials again: what waited for that is due now, and has still to be woken. Does
 * nothing for an account that is linked; a paused one stays paused. True when it is linked by this.
 */
export async function markLinked(db: Queryable, account: AccountId): Promise<boolean> {
  const [row] = await rows<{ state: string }>(
    db,
    sql`
      update accounts set state = case state when 'paused' then 'paused' else 'linked' end,
        state_since = case state when 'paused' then state_since else now() end,
        reason = case state when 'paused' then split_part(reason, ${REFUSED}::text, 1) end
      where id = ${account}::uuid and state in ('needs_relogin', 'paused')
      returning state`,
  );
  const isLinked = row?.state === "linked";
  if (isLinked) await makeDue(db, account, "unauthorized");
  return isLinked;
}

/** Pauses an account that is linked or needs a new login. Twice keeps the first moment and reason. */
export async function markPaused(db: Queryable, account: AccountId, reason: string) {
  await db.execute(sql`
    update accounts set state = 'paused', state_since = now(), reason = ${reason}::text ||
      case state when 'needs_relogin' then ${REFUSED}::text || coalesce(reason, '') else '' end
    where id = ${account}::uuid and state in ('linked', 'needs_relogin')`);
}

/** Ends a pause; what waited is due now, and has still to be woken. False for an account that is not paused. */
export async function markResumed(db: Queryable, account: AccountId): Promise<boolean> {
  const resumed = await db
    .update(accounts)
    .set({ state: "linked", reason: null, stateSince: sql`now()` })
    .where(and(eq(accounts.id, account), eq(accounts.state, "paused")))
    .returning({ id: accounts.id });
  if (resumed.length > 0) await makeDue(db, account, "unauthorized");
  return resumed.length > 0;
}

/** What was put off for this reason is due now. What was due all along has not moved. */
export async function makeDue(
  db: Queryable,
  account: AccountId,
  reason: Extract<FailureKind, "unauthorized" | "throttled">,
) {
  await db.execute(sql`
    update objects o set due_at = now() from sources s
    where s.id = o.source_id and s.account_id = ${account}::uuid
      and o.state = 'waiting' and o.failure = ${reason} and o.due_at > now()`);
  for (const table of ["checks", "walks"])
    await db.execute(sql`
      update ${sql.identifier(table)} set due_at = now()
      where account_id = ${account}::uuid and state = 'due' and failure = ${reason}
        and due_at > now()`);
}

/** The accounts of one Box user that work. */
export async function linkedAccountsOf(db: Queryable, boxUserId: string): Promise<AccountId[]> {
  const found = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(eq(accounts.boxUserId, boxUserId), eq(accounts.state, "linked")));
  return found.map(({ id }) => accountId(id));
}

/** An account that is not deleted. */
export async function findAccount(db: Queryable, account: AccountId) {
  const [row] = await db
    .select()
    .from(accounts)
    .where(and(eq(accounts.id, account), ne(accounts.state, "deleted")));
  return row;
}
