import { eq } from "drizzle-orm";
import type { BoxClient, BoxCredentials } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import type { Queryable } from "../db/open.ts";
import { accounts } from "../db/schema.ts";
import type { Secrets } from "../secrets.ts";

/** Where an account's secrets are sealed to; see secrets.ts. */
export const credentialsPlace = (account: string) => `accounts:${account}:credentials`;
export const signatureKeysPlace = (account: string) => `accounts:${account}:signature_keys`;

/** How long a row read before is trusted: a relinked account is used with its new credentials by then. */
const TRUSTED_MS = 5_000;

export type OpenBox = (credentials: BoxCredentials, account: string) => BoxClient;

export interface BoxClients {
  /** The account's client, one for the whole process so that its token is shared. Throws `unauthorized` for a deleted account. */
  of(account: AccountId): Promise<BoxClient>;
  /** A client for credentials that no account has yet. */
  trial(credentials: BoxCredentials): BoxClient;
}

/** Opens accounts' clients when first asked, and anew when their credentials have changed. */
export function createBoxClients(db: Queryable, secrets: Secrets, open: OpenBox): BoxClients {
  type Kept = { sealed: Buffer; client: BoxClient; readAt: number };
  const kept = new Map<AccountId, Kept>();

  return {
    async of(account) {
      const known = kept.get(account);
      if (known && Date.now() - known.readAt < TRUSTED_MS) return known.client;
      const [row] = await db
        .select({ sealed: accounts.credentials })
        .from(accounts)
        .where(eq(accounts.id, account));
      const sealed = row?.sealed;
      if (!sealed)
        throw new Failure("unauthorized", "The account has no credentials", {
          hint: "The account was deleted; link it again under a new name.",
        });
      const same = known?.sealed.equals(sealed) ? known.client : undefined;
      const credentials = secrets.open(sealed, credentialsPlace(account)) as BoxCredentials;
      const client = same ?? open(credentials, account);
      kept.set(account, { sealed, client, readAt: Date.now() });
      return client;
    },
    trial: (credentials) => open(credentials, "trial"),
  };
}
