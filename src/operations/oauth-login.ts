import { eq, sql } from "drizzle-orm";
import type { OauthApp, TokenPair, TokenStore } from "../box/auth-oauth.ts";
import type { BoxCredentials } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import type { Database } from "../db/open.ts";
import { accounts } from "../db/schema.ts";
import type { Secrets } from "../secrets.ts";

/** An OAuth 2.0 login as it is sealed in its account's row. */
interface OauthLogin extends OauthApp {
  kind: "oauth";
  pair: TokenPair;
}

/** Credentials as they are sealed: nothing but text and numbers. */
export type KeptCredentials = Exclude<BoxCredentials, { kind: "oauth" }> | OauthLogin;

export async function toKept(auth: BoxCredentials): Promise<KeptCredentials> {
  if (auth.kind !== "oauth") return auth;
  const { kind, clientId, clientSecret, tokens } = auth;
  return { kind, clientId, clientSecret, pair: await tokens.read() };
}

export function fromKept(kept: KeptCredentials, tokens: TokenStore): BoxCredentials {
  if (kept.kind !== "oauth") return kept;
  const { kind, clientId, clientSecret } = kept;
  return { kind, clientId, clientSecret, tokens };
}

/** The pair of a login that no account has yet. */
export function holdTokens(pair: TokenPair): TokenStore {
  let held = pair;
  return { read: async () => held, replace: async (renew) => (held = await renew(held)) };
}

/** Far longer than a process takes that holds the lock: PostgreSQL ends an idle one after 60 s. */
const LOCK_TIMEOUT_MS = 90_000;

export interface AccountRow {
  db: Database;
  secrets: Secrets;
  account: AccountId;
  /** What its credentials are sealed to. */
  place: string;
}

/**
 * The pair of an account, in its row. It is replaced under the row's lock, in a transaction around
 * the call to Box, so that of any number of processes one asks, and the others read its answer. The
 * lock leaves foreign keys alone (`no key update`): deliveries and events go on being kept meanwhile.
 */
export function accountTokens({ db, secrets, account, place }: AccountRow): TokenStore {
  const mine = eq(accounts.id, account);

  function open(row: { sealed: Buffer | null } | undefined): OauthLogin {
    const kept = row?.sealed && (secrets.open(row.sealed, place) as KeptCredentials);
    if (kept?.kind === "oauth") return kept;
    throw new Failure("unauthorized", "The account has no OAuth 2.0 login any more", {
      hint: "The account was deleted or linked another way meanwhile.",
    });
  }

  return {
    async read() {
      const [row] = await db.select({ sealed: accounts.credentials }).from(accounts).where(mine);
      return open(row).pair;
    },
    replace: (renew) =>
      db.transaction(async (tx) => {
        await tx.execute(sql.raw(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`));
        const [row] = await tx
          .select({ sealed: accounts.credentials })
          .from(accounts)
          .where(mine)
          .for("no key update");
        const login = open(row);
        const pair = await renew(login.pair);
        if (pair !== login.pair)
          await tx
            .update(accounts)
            .set({ credentials: secrets.seal({ ...login, pair }, place) })
            .where(mine);
        return pair;
      }),
  };
}
