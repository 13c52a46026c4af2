import { randomUUID } from "node:crypto";
import type { BoxCredentials } from "../box/credentials.ts";
import type { BoxIdentity } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import { markNeedsRelogin } from "../db/accounts.ts";
import type { Database, Queryable } from "../db/open.ts";
import { accounts } from "../db/schema.ts";
import type { Secrets } from "../secrets.ts";
import type { BoxClients } from "./box-clients.ts";
import { enqueue } from "./enqueue.ts";
import { sealCredentials, toKept } from "./kept-credentials.ts";
import { signatureKeysPlace } from "./secret-places.ts";
import { chooseStream } from "./streams.ts";
import { linkAgain } from "./wake-debts.ts";

export interface AccountDeps {
  db: Database;
  boxes: BoxClients;
  secrets: Secrets;
  webhookBase: string | undefined;
  formerWebhookBase?: string | undefined;
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
export async function linkAccount(
  deps: Pick<AccountDeps, "boxes" | "secrets"> & { db: Queryable },
  wanted: NewAccount,
) {
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
      credentials: sealCredentials(deps.secrets, await toKept(wanted.auth), id),
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
    await linkAgain(deps.db, account);
    // It may have been given a right that it lacked.
    await enqueue(deps.db, [{ task: "choose_streams", payload: { accountId: account } }]);
    return identity;
  } catch (error) {
    if (error instanceof Failure && error.kind === "unauthorized")
      await markNeedsRelogin(deps.db, account, error.message);
    throw error;
  }
}
