import { eq, sql } from "drizzle-orm";
import type { BoxCredentials } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import { findAccount, markLinked } from "../db/accounts.ts";
import { accounts, webhooks } from "../db/schema.ts";
import type { AccountDeps } from "./accounts.ts";
import { credentialsPlace } from "./box-clients.ts";
import { enqueue } from "./enqueue.ts";

/**
 * Gives an account new credentials for the same Box user; what waited for them is due now, and
 * sources, positions and slugs stay as they are. Throws `conflict` when they speak for somebody
 * else and `forbidden` when they cannot read the event stream that the account's position belongs
 * to; then nothing is changed. A process that used the account just now may use the old ones for five
 * seconds more. False when there is no such account.
 */
export async function relinkAccount(
  deps: Pick<AccountDeps, "db" | "boxes" | "secrets">,
  account: AccountId,
  auth: BoxCredentials,
): Promise<boolean> {
  const row = await findAccount(deps.db, account);
  if (!row) return false;
  const box = deps.boxes.trial(auth);
  const identity = await box.whoAmI();
  const login = identity.login ?? identity.name ?? null;
  if (identity.userId !== row.boxUserId)
    throw new Failure(
      "conflict",
      `These credentials speak for ${login ?? "a user"} (${identity.userId}), the account is that of ${row.boxLogin ?? "a user"} (${row.boxUserId})`,
      { hint: "Enter credentials of the same Box user, or link another account with these." },
    );
  await readable(() => box.events(row.stream, "now"));
  return deps.db.transaction(async (tx) => {
    const [still] = await tx
      .select({ state: accounts.state })
      .from(accounts)
      .where(eq(accounts.id, account))
      .for("update");
    if (!still || still.state === "deleted") return false;
    const credentials = deps.secrets.seal(auth, credentialsPlace(account));
    await tx
      .update(accounts)
      .set({ credentials, authKind: auth.kind, boxLogin: login })
      .where(eq(accounts.id, account));
    await markLinked(tx, account);
    // Also where Box accepted the old ones to the end: revoked, they take their webhooks with them.
    await tx
      .update(webhooks)
      .set({ dueAt: sql`now()` })
      .where(eq(webhooks.accountId, account));
    // The new credentials may read what the old ones could not.
    await enqueue(tx, [{ task: "choose_streams", payload: { accountId: account } }]);
    return true;
  });
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
