import { eq, sql } from "drizzle-orm";
import type { BoxApp } from "../box/credentials.ts";
import type { TokenPair } from "../box/tokens.ts";
import type { BoxClient } from "../box/client.ts";
import type { BoxCredentials } from "../box/credentials.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import { lockAccount } from "../db/account-lock.ts";
import { findAccount } from "../db/accounts.ts";
import type { Transaction } from "../db/open.ts";
import { accounts, webhooks } from "../db/schema.ts";
import type { AccountDeps } from "./accounts.ts";
import { enqueue } from "./enqueue.ts";
import {
  type KeptCredentials,
  openCredentials,
  sealCredentials,
  toKept,
} from "./kept-credentials.ts";
import { accountTokens, changeLogin } from "./oauth-login.ts";
import { linkAgain } from "./wake-debts.ts";

type Deps = Pick<AccountDeps, "db" | "boxes" | "secrets">;
type Account = NonNullable<Awaited<ReturnType<typeof findAccount>>>;

/**
 * Gives an account new credentials for the same Box user; what waited for them is due now, and
 * sources, positions and slugs stay as they are. Throws `conflict` when they speak for somebody
 * else and `forbidden` when they cannot read the event stream that the account's position belongs
 * to; then nothing is changed. A process that used the account just now may use the old ones for five
 * seconds more. False when there is no such account.
 */
export async function relinkAccount(
  deps: Deps,
  account: AccountId,
  auth: BoxCredentials,
): Promise<boolean> {
  const row = await findAccount(deps.db, account);
  if (!row) return false;
  const login = await vouchFor(deps.boxes.trial(auth), row);
  const kept = await toKept(auth);
  return deps.db.transaction(async (tx) => {
    const still = await lockAccount(tx, account);
    if (!still || still.state === "deleted") return false;
    await putCredentials(deps, tx, account, kept, login);
    return true;
  });
}

/** Throws unless a Box opened with new credentials may stand in for the account; answers its login. */
export async function vouchFor(box: BoxClient, row: Account): Promise<string | null> {
  const identity = await box.whoAmI();
  const login = identity.login ?? identity.name ?? null;
  if (identity.userId !== row.boxUserId)
    throw new Failure(
      "conflict",
      `These credentials speak for another Box user: ${login ?? "a user"} (${identity.userId}), the account is that of ${row.boxLogin ?? "a user"} (${row.boxUserId})`,
      { hint: "Enter credentials of the same Box user, or link another account with these." },
    );
  await readable(() => box.events(row.stream, "now"));
  return login;
}

/** Writes new credentials into a row that the transaction has locked; the account is linked then. */
export async function putCredentials(
  { secrets }: Pick<Deps, "secrets">,
  tx: Transaction,
  account: AccountId,
  kept: KeptCredentials,
  boxLogin: string | null,
) {
  const credentials = sealCredentials(secrets, kept, account);
  await tx
    .update(accounts)
    .set({ credentials, authKind: kept.kind, boxLogin, renewedAt: sql`now()` })
    .where(eq(accounts.id, account));
  await linkAgain(tx, account);
  // Also where Box accepted the old ones to the end: revoked, they take their webhooks with them.
  await tx
    .update(webhooks)
    .set({ dueAt: sql`now()` })
    .where(eq(webhooks.accountId, account));
  // The new credentials may read what the old ones could not.
  await enqueue(tx, [{ task: "choose_streams", payload: { accountId: account } }]);
}

/** Another stream would begin without a position, and everything between would be missed. */
async function readable(readStream: () => Promise<unknown>) {
  try {
    await readStream();
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "forbidden") throw error;
    throw new Failure(
      "forbidden",
      "These credentials may not read the event stream that the account reads",
      {
        hint: "For the enterprise's events: credentials for the enterprise, of an application with the scope Manage enterprise properties that is authorised in the Admin Console.",
        cause: error,
      },
    );
  }
}

/**
 * Gives an OAuth 2.0 login the new secret of its application, without a new consent: a refresh token
 * belongs to the client id that it was given to (RFC 6749, section 6). Box is asked for a new pair
 * with the secret, under the row's lock, so that a wrong one changes nothing; a right one stays even
 * where Box no longer knows the login, for the next grant. Throws `conflict` for another application
 * and for an account without such a login, and what Box refuses. False when there is no such account.
 */
export async function replaceClientSecret(
  deps: Deps,
  account: AccountId,
  { clientId, clientSecret }: BoxApp,
): Promise<boolean> {
  const { db, secrets, boxes } = deps;
  const found = await findAccount(db, account);
  if (!found?.credentials) return false;
  const known = openCredentials(secrets, found.credentials, account);
  if (known.kind !== "oauth" || known.clientId !== clientId)
    throw new Failure("conflict", "The account has no login that was granted to this application", {
      hint: `A login belongs to the application that it was granted to: open /accounts/${account}/grant, enter this one, and grant access at Box.`,
    });
  const row = { db, secrets, account };
  const tokens = {
    read: async () => ended(await accountTokens(row).read()),
    replace: async (renew: (kept: TokenPair) => Promise<TokenPair>) => {
      const change = changeLogin(row, async (login) => {
        const pair = await renew(ended(login.pair));
        return { ...login, clientSecret, pair };
      });
      return (await change).pair;
    },
  };
  await boxes.trial({ kind: "oauth", clientId, clientSecret, tokens }).logIn();
  await linkAgain(db, account);
  return true;
}

/** A pair that must be replaced before it is used. */
const ended = (pair: TokenPair): TokenPair => ({
  ...pair,
  usableUntilMs: 0,
  refusedAtMs: undefined,
});
