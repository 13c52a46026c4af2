import { eq } from "drizzle-orm";
import type { Meter } from "../box/api.ts";
import type { BoxClient } from "../box/client.ts";
import type { BoxCredentials } from "../box/credentials.ts";
import type { MeteredBox } from "../box/open-client.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import type { Turn } from "../core/purse.ts";
import type { Database } from "../db/open.ts";
import { accounts } from "../db/schema.ts";
import type { Secrets } from "../secrets.ts";
import type { Budgets } from "./budgets.ts";
import { fromKept, openCredentials } from "./kept-credentials.ts";
import { accountTokens } from "./oauth-login.ts";

/** How long a row read before is trusted: a relinked account is used with its new credentials by then. */
const TRUSTED_MS = 5_000;

/** What stands for the account where there is none yet, as in metrics. */
const TRIAL = "trial";

export type OpenBox = (credentials: BoxCredentials, account: string) => MeteredBox;

export interface BoxClients {
  /**
   * The account's client; its token is shared by the whole process, and its calls are made out of the
   * Box user's budget, as news of the account unless said otherwise. Throws `unauthorized` for a
   * deleted account.
   */
  of(account: AccountId, turn?: Turn): Promise<BoxClient>;
  /**
   * A client for credentials that no account has yet. Its calls come out of the budget of the Box user
   * whom `whoAmI` finds, that call after the fact; until then nobody knows whose they are.
   */
  trial(credentials: BoxCredentials): BoxClient;
}

/** Opens accounts' clients when first asked, and anew when their credentials have changed. */
export function createBoxClients(
  db: Database,
  secrets: Secrets,
  budgets: Pick<Budgets, "meter">,
  open: OpenBox,
): BoxClients {
  type Kept = { sealed: Buffer; boxUserId: string; box: MeteredBox; readAt: number };
  const kept = new Map<AccountId, Kept>();

  return {
    async of(account, turn = { urgency: "news", key: account }) {
      const { box, boxUserId } = await openOnce(account);
      return box(budgets.meter(boxUserId, turn));
    },
    trial(credentials) {
      let found: Meter | undefined;
      const meter: Meter = {
        admit: async (signal) => found?.admit(signal),
        throttled: async (retryAfterMs) => found?.throttled(retryAfterMs),
      };
      const box = open(credentials, TRIAL)(meter);
      return {
        ...box,
        async whoAmI() {
          const identity = await box.whoAmI();
          if (found) return identity;
          found = budgets.meter(identity.userId, { urgency: "news", key: TRIAL });
          // It has been made: that the budget is used up changes nothing any more.
          await found.admit().catch(() => undefined);
          return identity;
        },
      };
    },
  };

  async function openOnce(account: AccountId): Promise<Kept> {
    const known = kept.get(account);
    if (known && Date.now() - known.readAt < TRUSTED_MS) return known;
    const [row] = await db
      .select({ sealed: accounts.credentials, boxUserId: accounts.boxUserId })
      .from(accounts)
      .where(eq(accounts.id, account));
    if (!row?.sealed)
      throw new Failure("unauthorized", "The account has no credentials", {
        hint: "The account was deleted; link it again under a new name.",
      });
    const { sealed, boxUserId } = row;
    const same = known?.sealed.equals(sealed) ? known.box : undefined;
    const tokens = accountTokens({ db, secrets, account });
    const box = same ?? open(fromKept(openCredentials(secrets, sealed, account), tokens), account);
    const opened = { sealed, boxUserId, box, readAt: Date.now() };
    kept.set(account, opened);
    return opened;
  }
}
