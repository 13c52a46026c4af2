import { and, eq, ne, sql } from "drizzle-orm";
import { type AccountId, accountId } from "../core/ids.ts";
import { findAccount } from "../db/accounts.ts";
import type { Database } from "../db/open.ts";
import { accounts, webhooks } from "../db/schema.ts";
import type { Secrets } from "../secrets.ts";
import { signatureKeysPlace } from "./secret-places.ts";
import { enqueue } from "./enqueue.ts";

export interface SignatureKeys {
  primary: string;
  secondary: string;
}

/** As sealed: the pair before stays good until its time, for deliveries that were signed with it. */
interface KeptKeys extends SignatureKeys {
  previous?: SignatureKeys & { until: string };
}

interface Deps {
  db: Database;
  secrets: Secrets;
}

/** Box tries a delivery for about two hours; what it signed before the keys were reset may come so late. */
export const KEY_GRACE_MS = 3 * 60 * 60_000;

/**
 * Replaces the keys with which Box signs an account's deliveries. The pair before is accepted for so
 * long still; with 0 it is refused at once, as a key that leaked must be. The same pair again changes
 * nothing but that. Where there were none, the webhooks that were not made for lack of keys are due
 * now. False when there is no such account.
 */
export async function replaceSignatureKeys(
  { db, secrets }: Deps,
  account: AccountId,
  { primary, secondary }: SignatureKeys,
  graceMs = KEY_GRACE_MS,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .select({ sealed: accounts.signatureKeys })
      .from(accounts)
      .where(and(eq(accounts.id, account), ne(accounts.state, "deleted")))
      .for("update");
    if (!row) return false;
    const place = signatureKeysPlace(account);
    const before = row.sealed ? readable(secrets, row.sealed, place) : undefined;
    const same = before?.primary === primary && before.secondary === secondary;
    const until = new Date(Date.now() + graceMs).toISOString();
    const left = same
      ? before.previous
      : before && { primary: before.primary, secondary: before.secondary, until };
    const kept: KeptKeys = { primary, secondary, ...(left && graceMs > 0 && { previous: left }) };
    await tx
      .update(accounts)
      .set({ signatureKeys: secrets.seal(kept, place) })
      .where(eq(accounts.id, account));
    if (!before) {
      await tx
        .update(webhooks)
        .set({ dueAt: sql`now()` })
        .where(and(eq(webhooks.accountId, account), eq(webhooks.state, "polled")));
      await enqueue(tx, [{ task: "keep_webhooks", payload: {} }]);
    }
    return true;
  });
}

/**
 * Replaces one key of the pair, as Box's console resets one at a time; the other stays. False when there is
 * no such account, or it has no pair yet.
 */
export async function replaceSignatureKey(
  deps: Deps,
  account: AccountId,
  which: keyof SignatureKeys,
  key: string,
): Promise<boolean> {
  const [current] = await acceptedSignatureKeys(deps, account);
  if (!current) return false;
  const { primary, secondary } = current;
  return replaceSignatureKeys(deps, account, { primary, secondary, [which]: key });
}

/** Until when deliveries signed with the pair before are accepted; undefined where there is none. */
export async function previousKeysUntil(
  { db, secrets }: Deps,
  account: AccountId,
): Promise<Date | undefined> {
  const row = await findAccount(db, account);
  const kept = row?.signatureKeys
    ? readable(secrets, row.signatureKeys, signatureKeysPlace(account))
    : undefined;
  const until = kept?.previous && new Date(kept.previous.until);
  return until && until > new Date() ? until : undefined;
}

/** What no key opens any more is as if it had not been entered. */
function readable(secrets: Secrets, sealed: Uint8Array, place: string): KeptKeys | undefined {
  try {
    return secrets.open(sealed, place) as KeptKeys;
  } catch {
    return undefined;
  }
}

/** The pairs with which a delivery to this account may be signed now, the newest first; none when it is gone. */
export async function acceptedSignatureKeys(
  { db, secrets }: Deps,
  id: string,
): Promise<SignatureKeys[]> {
  const account = await findAccount(db, accountId(id));
  if (!account?.signatureKeys) return [];
  const kept = secrets.open(account.signatureKeys, signatureKeysPlace(id)) as KeptKeys;
  const { previous, ...current } = kept;
  return previous && Date.parse(previous.until) > Date.now() ? [current, previous] : [current];
}
