import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Consent } from "../box/auth-consent.ts";
import type { BoxCredentials, BoxApp } from "../box/credentials.ts";
import { Failure } from "../core/failure.ts";
import { type AccountId, accountId } from "../core/ids.ts";
import { lockAccount } from "../db/account-lock.ts";
import { findAccount } from "../db/accounts.ts";
import { type AccountDeps, linkAccount, type NewAccount } from "./accounts.ts";
import type { Secrets } from "../secrets.ts";
import { type OauthLogin, openCredentials, toKept } from "./kept-credentials.ts";
import { holdTokens } from "./oauth-login.ts";
import { putCredentials, vouchFor } from "./relink-account.ts";

/** What is known before a person has granted access at Box. Holds secrets. */
export interface PendingLink extends BoxApp {
  /** The account's id: it is chosen before, so that one pending link makes one account. */
  id: string;
  name: string;
  signatureKeys?: NewAccount["signatureKeys"];
  /** For an account that is there: this grant, and the one that its login came of when this began. */
  again?: { grant: string; after?: string | undefined } | undefined;
}

type Deps = Pick<AccountDeps, "db" | "secrets">;

/** The application that an account's login was granted to; undefined for any other account. */
export async function applicationOf(
  { db, secrets }: Deps,
  id: AccountId,
): Promise<{ name: string; clientId: string | undefined } | undefined> {
  const row = await findAccount(db, id);
  if (!row?.credentials) return undefined;
  return { name: row.name, clientId: loginOf(secrets, row.credentials, id)?.clientId };
}

/**
 * A new grant for an account, whatever its state and its credentials: by the application of its login
 * or by another one. Undefined when there is no such account, or neither application.
 */
export async function pendingRelink(
  { db, secrets }: Deps,
  id: AccountId,
  other?: BoxApp,
): Promise<PendingLink | undefined> {
  const row = await findAccount(db, id);
  if (!row?.credentials) return undefined;
  const login = loginOf(secrets, row.credentials, id);
  const app = other ?? login;
  if (!app) return undefined;
  const { clientId, clientSecret } = app;
  const again = { grant: randomUUID(), after: login?.grant };
  return { id, name: row.name, clientId, clientSecret, again };
}

/**
 * Turns the code that Box led back with into a linked account, or into a new login for one that is
 * there; then what waited is due again. A pending link is good once, however many come back at the
 * same time: the others wait for the first and are answered undefined, as are those that were begun
 * before another grant of the account was finished. Throws `conflict` for another Box user than the
 * account's; nothing is kept then. Answers the account's name.
 */
export async function finishLink(
  deps: AccountDeps & { consent: Consent },
  pending: PendingLink,
  code: string,
  redirectUri: string,
): Promise<string | undefined> {
  const { name, clientId, clientSecret, signatureKeys, again } = pending;
  const id = accountId(pending.id);
  return deps.db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtext('link'), hashtext(${id}))`);
    const row = await lockAccount(tx, id);
    if (again ? !awaits(row, again.after) : row) return undefined;
    const pair = await deps.consent.exchange({ clientId, clientSecret }, code, redirectUri);
    const tokens = holdTokens(pair);
    const auth: BoxCredentials = { kind: "oauth", clientId, clientSecret, tokens };
    if (!row || !again)
      return (await linkAccount({ ...deps, db: tx }, { id, name, auth, signatureKeys })).name;
    const login = await vouchFor(deps.boxes.trial(auth), row);
    const kept = { ...(await toKept(auth)), grant: again.grant };
    await putCredentials(deps, tx, id, kept, login);
    return row.name;
  });

  function awaits(row: Awaited<ReturnType<typeof lockAccount>>, after: string | undefined) {
    if (!row?.credentials) return false;
    return loginOf(deps.secrets, row.credentials, id)?.grant === after;
  }
}

/** The login that an account has; none where it has other credentials, or such that nobody can read any more. */
function loginOf(secrets: Secrets, sealed: Uint8Array, id: AccountId): OauthLogin | undefined {
  try {
    const kept = openCredentials(secrets, sealed, id);
    return kept.kind === "oauth" ? kept : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
