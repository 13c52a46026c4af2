import { sql } from "drizzle-orm";
import { type Queryable, records, rows } from "./open.ts";
import { webhooks } from "./schema.ts";

export type WebhookRow = typeof webhooks.$inferSelect;

/** Whoever compares a webhook with Box has it to itself for so long; then somebody else may. */
const CLAIMED_MS = 2 * 60_000;

/**
 * Until when a claim lasts. In whole milliseconds, so that it can be told from a `due_at` that was
 * set meanwhile: whoever ends a claim leaves such a newer asking alone.
 */
const CLAIMED_UNTIL = sql`date_trunc('milliseconds', now() + ${CLAIMED_MS}::int * interval '1 ms')`;

/** Takes a webhook for a comparison with Box, whether or not it is due. */
export async function claimWebhook(db: Queryable, id: string): Promise<WebhookRow | undefined> {
  const [row] = await db
    .update(webhooks)
    .set({ dueAt: CLAIMED_UNTIL })
    .where(sql`${webhooks.id} = ${id}::uuid`)
    .returning();
  return row;
}

/**
 * Takes one that is due, of any linked account or of this one; nobody else gets it meanwhile. Those
 * last compared before their account was linked anew are due: its webhooks may be gone.
 */
export async function claimDueWebhook(
  db: Queryable,
  account: string | undefined,
): Promise<WebhookRow | undefined> {
  const [row] = await db
    .update(webhooks)
    .set({ dueAt: CLAIMED_UNTIL })
    .where(
      sql`${webhooks.id} = (
        select w.id from webhooks w join accounts a on a.id = w.account_id and a.state = 'linked'
        where (w.due_at <= now() or w.checked_at < a.state_since and w.due_at > now() + ${CLAIMED_MS}::int * interval '1 ms')
          and (${account ?? null}::uuid is null or w.account_id = ${account ?? null}::uuid)
        order by w.due_at limit 1 for update of w skip locked)`,
    )
    .returning();
  return row;
}

/** A webhook as a delivery names it: by Box's own id. */
export interface NamedWebhook {
  accountId: string;
  webhookId: string;
}

const named = (webhooks: readonly NamedWebhook[]) =>
  sql`json_to_recordset(${records(webhooks)}) as named("accountId" uuid, "webhookId" text)`;

/** Which of these are ours. */
export async function knownWebhooks(db: Queryable, some: readonly NamedWebhook[]) {
  return rows<NamedWebhook>(
    db,
    sql`
      select distinct named."accountId", named."webhookId" from ${named(some)} join webhooks w
        on w.account_id = named."accountId" and w.box_webhook_id = named."webhookId"`,
  );
}

/** Notes that these delivered. Waits for nobody: who holds such a row has it looked at as it is. */
export async function markHeard(db: Queryable, some: readonly NamedWebhook[]): Promise<void> {
  await db.execute(sql`
    update webhooks set heard_at = now() where id in (
      select w.id from ${named(some)} join webhooks w
        on w.account_id = named."accountId" and w.box_webhook_id = named."webhookId"
      for update of w skip locked)`);
}

/** What was compared with Box so recently is not doubted for what was said of another one. */
const FRESH_MS = 10 * 60_000;

/**
 * Makes webhooks due to be compared with Box, because something was said that casts doubt on them:
 * those named as removed, and, since what happened to one may have happened to all, the others of
 * the accounts that were not compared within ten minutes. Answers the accounts with any.
 */
export async function doubtWebhooks(
  db: Queryable,
  doubts: readonly (NamedWebhook & { removed: boolean })[],
): Promise<string[]> {
  const doubted = await rows<{ account: string }>(
    db,
    sql`
      with said as (
        select * from json_to_recordset(${records(doubts)})
          as said("accountId" uuid, "webhookId" text, removed boolean)),
      doubted as (
        select w.id from webhooks w
        where w.account_id in (select "accountId" from said)
          and w.state in ('wanted', 'registered') and (
            w.checked_at is null or w.checked_at < now() - ${FRESH_MS}::int * interval '1 ms'
            or exists (select from said where removed and said."accountId" = w.account_id
              and said."webhookId" = w.box_webhook_id))
        order by w.id for update)
      update webhooks w set due_at = now() from doubted d where w.id = d.id
      returning w.account_id as account`,
  );
  return [...new Set(doubted.map(({ account }) => account))].sort();
}

/**
 * Spreads a comparison of every webhook over the next ten minutes, but for those of the last hour:
 * while no worker ran, Box may have removed them, or our address may have become another.
 */
export async function doubtAllWebhooks(db: Queryable): Promise<void> {
  await db.execute(sql`
    update webhooks set due_at = now() + random() * interval '10 minutes' where id in (
      select id from webhooks where state <> 'unwanted' and due_at > now() + interval '10 minutes'
        and checked_at < now() - interval '1 hour'
      for update skip locked)`);
}

/**
 * A walk ended, so the account sees this folder: a webhook that Box refused for it is asked for
 * again, and one that was registered is compared when it was a signal that asked for the walk, as
 * after a restore from the trash.
 */
export async function folderWasSeen(
  db: Queryable,
  folder: { accountId: string; folderId: string; signalled: boolean },
): Promise<void> {
  await db.execute(sql`
    update webhooks set due_at = now()
    where account_id = ${folder.accountId}::uuid and folder_id = ${folder.folderId}
      and state in ('polled', ${folder.signalled ? "registered" : "polled"})`);
}
