import { eq } from "drizzle-orm";
import type { Consent, OauthApp } from "../box/auth-oauth.ts";
import type { BoxCredentials } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import { accountId } from "../core/ids.ts";
import { markLinked } from "../db/accounts.ts";
import { accounts } from "../db/schema.ts";
import { type AccountDeps, linkAccount, type NewAccount } from "./accounts.ts";
import { credentialsPlace } from "./box-clients.ts";
import { holdTokens, type KeptCredentials, toKept } from "./oauth-login.ts";

/** What is known before a person has granted access at Box. Holds secrets. */
export interface PendingLink extends OauthApp {
  /** The account's id: it is chosen before, so that one pending link makes one account. */
  id: string;
  name: string;
  /** False for an account that is there and waits for a new login. */
  isNew: boolean;
  signatureKeys?: NewAccount["signatureKeys"];
}

/** For an account whose login Box no longer accepts; undefined for any other. */
export async function pendingRelink(
  { db, secrets }: Pick<AccountDeps, "db" | "secrets">,
  id: string,
): Promise<PendingLink | undefined> {
  const [row] = await db.select().from(accounts).where(eq(accounts.id, id));
  if (row?.state !== "needs_relogin" || !row.credentials) return undefined;
  const kept = secrets.open(row.credentials, credentialsPlace(id)) as KeptCredentials;
  if (kept.kind !== "oauth") return undefined;
  const { clientId, clientSecret } = kept;
  return { id, name: row.name, clientId, clientSecret, isNew: false };
}

/**
 * Turns the code that Box led back with into a linked account, or into a new login for one that
 * waits for it; then what waited is due again. A pending link is good once: the second time, and for
 * another Box user than the account's, it throws `conflict` and keeps nothing. Answers the name.
 */
export async function finishLink(
  deps: AccountDeps & { consent: Consent },
  pending: PendingLink,
  code: string,
  redirectUri: string,
): Promise<string> {
  const { id, name, clientId, clientSecret, isNew, signatureKeys } = pending;
  const [row] = await deps.db.select().from(accounts).where(eq(accounts.id, id));
  const spent = isNew ? row !== undefined : row?.state !== "needs_relogin";
  if (spent)
    throw new Failure("conflict", "This link was used already.", {
      hint: "If the account is not among the others, begin again.",
    });
  const pair = await deps.consent.exchange({ clientId, clientSecret }, code, redirectUri);
  const auth: BoxCredentials = { kind: "oauth", clientId, clientSecret, tokens: holdTokens(pair) };
  if (isNew) return (await linkAccount(deps, { id, name, auth, signatureKeys })).name;

  const { userId, login } = await deps.boxes.trial(auth).whoAmI();
  if (!row || userId !== row.boxUserId)
    throw new Failure("conflict", `Access was granted by another Box user (${login ?? userId}).`, {
      hint: `Sign in at Box as ${row?.boxLogin ?? row?.boxUserId} and begin again, or link a new account.`,
    });
  const credentials = deps.secrets.seal(await toKept(auth), credentialsPlace(id));
  await deps.db.update(accounts).set({ credentials }).where(eq(accounts.id, id));
  await markLinked(deps.db, accountId(id));
  return row.name;
}
