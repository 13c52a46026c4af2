import { eq, sql } from "drizzle-orm";
import type { TokenPair, TokenStore } from "../box/tokens.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import { lockAccount } from "../db/account-lock.ts";
import type { Database } from "../db/open.ts";
import { accounts } from "../db/schema.ts";
import type { Secrets } from "../secrets.ts";
import { type OauthLogin, openCredentials, sealCredentials } from "./kept-credentials.ts";

/** The pair of a login that no account has yet. */
export function holdTokens(pair: TokenPair): TokenStore {
  let held = pair;
  return { read: async () => held, replace: async (renew) => (held = await renew(held)) };
}

export interface AccountRow {
  db: Database;
  secrets: Secrets;
  account: AccountId;
  /** How long the row's lock is waited for. */
  lockTimeoutMs?: number;
}

/**
 * The pair of an account, in its row. It is replaced under the row's lock, in a transaction around
 * the call to Box, so that of any number of processes one asks, and the others read its answer.
 */
export function accountTokens(row: AccountRow): TokenStore {
  return {
    async read() {
      const [found] = await row.db.select().from(accounts).where(eq(accounts.id, row.account));
      return openLogin(row, found).pair;
    },
    async replace(renew) {
      const login = await changeLogin(row, async (login) => {
        const pair = await renew(login.pair);
        return pair === login.pair ? login : { ...login, pair };
      });
      return login.pair;
    },
  };
}

/**
 * Calls `change` with the login as kept, alone among all processes, and answers what it answers once
 * that is kept. When anything throws, the login stays as it was. Throws `unauthorized` when the
 * account has no such login any more, `transient` when the row is held for too long.
 */
export function changeLogin(
  row: AccountRow,
  change: (kept: OauthLogin) => Promise<OauthLogin>,
): Promise<OauthLogin> {
  const { db, secrets, account, lockTimeoutMs } = row;
  return db.transaction(async (tx) => {
    const login = openLogin(row, await lockAccount(tx, account, lockTimeoutMs));
    const changed = await change(login);
    if (changed === login) return login;
    const isRenewed = changed.pair.refreshToken !== login.pair.refreshToken;
    await tx
      .update(accounts)
      .set({
        credentials: sealCredentials(secrets, changed, account),
        ...(isRenewed && { renewedAt: sql`now()` }),
      })
      .where(eq(accounts.id, account));
    return changed;
  });
}

function openLogin(
  { secrets, account }: AccountRow,
  row: { credentials: Buffer | null } | undefined,
): OauthLogin {
  const kept = row?.credentials && openCredentials(secrets, row.credentials, account);
  if (kept?.kind === "oauth") return kept;
  throw new Failure("unauthorized", "The account has no OAuth 2.0 login any more", {
    hint: "The account was deleted or linked another way meanwhile.",
  });
}
