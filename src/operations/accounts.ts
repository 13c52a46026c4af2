import { randomUUID } from "node:crypto";
import { and, eq, ne, sql } from "drizzle-orm";
import type { BoxCredentials, BoxIdentity } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import { findAccount, markLinked, markNeedsRelogin } from "../db/accounts.ts";
import { withdrawObjects } from "../db/debts.ts";
import type { Database } from "../db/open.ts";
import { accounts, checks, sources, walks, webhooks } from "../db/schema.ts";
import type { Secrets } from "../secrets.ts";
import { type BoxClients, credentialsPlace, signatureKeysPlace } from "./box-clients.ts";
import { ensureWebhook } from "./ensure-webhook.ts";
import { toKept } from "./oauth-login.ts";
import { chooseStream } from "./streams.ts";

export interface AccountDeps {
  db: Database;
  boxes: BoxClients;
  secrets: Secrets;
  webhookBase: string | undefined;
}

export interface NewAccount {
  /** Chosen by the caller where linking must not happen twice: a second time breaks `accounts_pkey`. */
  id?: string | undefined;
  name: string;
  auth: BoxCredentials;
  signatureKeys?: { primary: string; secondary: string } | undefined;
}

/**
 * Links an account: asks Box who the credentials speak for, chooses the event stream, and keeps the
 * secrets sealed. Throws `unauthorized` when Box refuses them and `transient` when it cannot be
 * reached; then nothing is kept. A name that is taken, whatever its case, breaks `accounts_name`.
 */
export async function linkAccount(deps: AccountDeps, wanted: NewAccount) {
  const box = deps.boxes.trial(wanted.auth);
  const identity = await box.whoAmI();
  const stream = await chooseStream(box, wanted.auth);
  const id = wanted.id ?? randomUUID();
  const keys = wanted.signatureKeys;
  const [row] = await deps.db
    .insert(accounts)
    .values({
      id,
      name: wanted.name,
      authKind: wanted.auth.kind,
      credentials: deps.secrets.seal(await toKept(wanted.auth), credentialsPlace(id)),
      signatureKeys: keys ? deps.secrets.seal(keys, signatureKeysPlace(id)) : null,
      ...stream,
      boxUserId: identity.userId,
      boxLogin: identity.login ?? identity.name ?? null,
      boxEnterpriseId: identity.enterpriseId ?? null,
    })
    .returning();
  if (!row) throw new Error("bug: an inserted account was not answered");
  return row;
}

/** Asks Box again who the account is, and records whether its credentials are accepted. */
export async function testAccount(deps: AccountDeps, account: AccountId): Promise<BoxIdentity> {
  try {
    const identity = await (await deps.boxes.of(account)).whoAmI();
    await markLinked(deps.db, account);
    return identity;
  } catch (error) {
    if (error instanceof Failure && error.kind === "unauthorized")
      await markNeedsRelogin(deps.db, account, error.message);
    throw error;
  }
}

/**
 * Deletes an account: its sources end, what they were owed is withdrawn, its webhooks are removed at
 * Box as far as Box can be reached, its secrets are wiped. What is stored stays, with its records.
 * False when there is no such account.
 */
export async function deleteAccount(deps: AccountDeps, account: AccountId): Promise<boolean> {
  if (!(await findAccount(deps.db, account))) return false;
  const hooks = await deps.db.transaction(async (tx) => {
    await tx
      .update(sources)
      .set({ state: "deleted" })
      .where(and(eq(sources.accountId, account), ne(sources.state, "deleted")));
    await withdrawObjects(
      tx,
      sql`source_id in (select id from sources where account_id = ${account}::uuid)`,
    );
    await tx
      .update(walks)
      .set({ state: "withdrawn", leasedBy: null })
      .where(and(eq(walks.accountId, account), ne(walks.state, "done")));
    await tx.delete(checks).where(eq(checks.accountId, account));
    return tx
      .update(webhooks)
      .set({ state: "unwanted" })
      .where(eq(webhooks.accountId, account))
      .returning({ id: webhooks.id });
  });
  for (const hook of hooks) await ensureWebhook(deps, hook.id);
  await deps.db.delete(webhooks).where(eq(webhooks.accountId, account));
  await deps.db
    .update(accounts)
    .set({ state: "deleted", credentials: null, signatureKeys: null, stateSince: sql`now()` })
    .where(eq(accounts.id, account));
  return true;
}
