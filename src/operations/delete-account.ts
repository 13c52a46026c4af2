import { and, eq, ne, sql } from "drizzle-orm";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import { lockAccount } from "../db/account-lock.ts";
import { findAccount } from "../db/accounts.ts";
import { withdrawObjects } from "../db/debts.ts";
import type { Transaction } from "../db/open.ts";
import { accounts, checks, sources, walks, webhooks } from "../db/schema.ts";
import { describeError } from "../log.ts";
import type { AccountDeps } from "./accounts.ts";
import { removeWebhook } from "./webhook-at-box.ts";

/** What a deleted account leaves at Box, because Box could not be asked to remove it. */
export interface Leftover {
  what: "webhook" | "login";
  /** The webhook's at Box, and the folder that it is on. */
  webhookId?: string;
  folderId?: string;
  reason: string;
  hint: string;
}

type Deps = Pick<AccountDeps, "db" | "boxes" | "webhookBase" | "formerWebhookBase">;

/**
 * Deletes an account: its sources end, what they were owed is withdrawn, its webhooks are removed at
 * Box, its login or token is revoked there (not a developer token; see `BoxClient.logOut`), its
 * secrets are wiped. What is stored stays, with its records. Box being away, or refusing, stops
 * nothing: what stays behind there is answered, and not tried again, since nothing is kept to try it
 * with. Killed on the way, it is done by the next call. Undefined when there is no such account.
 */
export async function deleteAccount(
  deps: Deps,
  account: AccountId,
): Promise<Leftover[] | undefined> {
  if (!(await findAccount(deps.db, account))) return undefined;
  const hooks = await deps.db.transaction((tx) => endWork(tx, account));
  const left = await removeWebhooks(deps, account, hooks);
  return deps.db.transaction(async (tx) => {
    // Under the lock nobody replaces the login that is revoked.
    const row = await lockAccount(tx, account);
    if (!row || row.state === "deleted") return undefined;
    const login = await revoke(deps, account, row.authKind);
    await tx.delete(webhooks).where(eq(webhooks.accountId, account));
    await tx
      .update(accounts)
      .set({
        state: "deleted",
        reason: null,
        credentials: null,
        signatureKeys: null,
        stateSince: sql`now()`,
      })
      .where(eq(accounts.id, account));
    return [...left, ...login];
  });
}

type Hook = Pick<typeof webhooks.$inferSelect, "boxWebhookId" | "address" | "folderId">;

/**
 * Locks in the order of those who record: sources by id, what they are owed, checks by file, walks. Two that
 * took them otherwise could wait for each other.
 */
async function endWork(tx: Transaction, account: AccountId): Promise<Hook[]> {
  const ofAccount = and(eq(sources.accountId, account), ne(sources.state, "deleted"));
  await tx
    .select({ id: sources.id })
    .from(sources)
    .where(ofAccount)
    .orderBy(sources.id)
    .for("no key update");
  await tx.update(sources).set({ state: "deleted" }).where(ofAccount);
  await withdrawObjects(
    tx,
    sql`source_id in (select id from sources where account_id = ${account}::uuid)`,
  );
  await tx
    .select({ id: checks.id })
    .from(checks)
    .where(eq(checks.accountId, account))
    .orderBy(checks.fileId)
    .for("update");
  await tx.delete(checks).where(eq(checks.accountId, account));
  await tx
    .update(walks)
    .set({ state: "withdrawn", leasedBy: null })
    .where(and(eq(walks.accountId, account), ne(walks.state, "done")));
  return tx
    .update(webhooks)
    .set({ state: "unwanted" })
    .where(eq(webhooks.accountId, account))
    .returning({
      boxWebhookId: webhooks.boxWebhookId,
      address: webhooks.address,
      folderId: webhooks.folderId,
    });
}

/** Refusals of one webhook; any other means that Box would not remove the next one either. */
const OF_ONE = new Set(["forbidden", "not_found", "invalid", "conflict"]);

async function removeWebhooks(
  deps: Deps,
  account: AccountId,
  hooks: readonly Hook[],
): Promise<Leftover[]> {
  const left: Leftover[] = [];
  let away: Failure | undefined;
  for (const { boxWebhookId, address, folderId } of hooks) {
    if (boxWebhookId === null) continue;
    const known = { boxWebhookId, address };
    const failure =
      away ??
      (await failureOf(async () => removeWebhook(await deps.boxes.of(account), known, deps)));
    if (!failure) continue;
    if (!OF_ONE.has(failure.kind)) away = failure;
    const hint =
      "Remove it at Box, with this application; what it still delivers is refused, and Box ends a webhook whose deliveries fail.";
    left.push({
      what: "webhook",
      webhookId: boxWebhookId,
      folderId,
      reason: failure.message,
      hint,
    });
  }
  return left;
}

async function revoke({ boxes }: Deps, account: AccountId, authKind: string): Promise<Leftover[]> {
  const failure = await failureOf(async () => (await boxes.of(account)).logOut());
  if (!failure) return [];
  const hint =
    authKind === "oauth"
      ? "It is known to nobody any more and ends 60 days after its last use; its user can end it at Box (Account Settings, Apps)."
      : "The access token is known to nobody any more and ends within the hour.";
  return [{ what: "login", reason: failure.message, hint }];
}

/** Whatever it is: secrets that no key opens any more must be deletable, too. */
async function failureOf(act: () => Promise<unknown>): Promise<Failure | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    const { message } = describeError(error);
    return new Failure("blocked", `Longshore itself failed: ${String(message)}`, { cause: error });
  }
}
