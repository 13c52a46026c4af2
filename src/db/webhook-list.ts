import { and, asc, eq, gt } from "drizzle-orm";
import type { Queryable } from "./open.ts";
import { webhooks } from "./schema.ts";
import type { WebhookRow } from "./webhooks.ts";

export interface WebhookFilter {
  accountId?: string | undefined;
  state?: WebhookRow["state"] | undefined;
  /** The id of the last one of the page before. */
  after?: string | undefined;
  limit: number;
}

/** The folders that Box should tell us about, and how that stands. */
export async function listWebhooks(db: Queryable, filter: WebhookFilter): Promise<WebhookRow[]> {
  const { accountId, state, after, limit } = filter;
  return db
    .select()
    .from(webhooks)
    .where(
      and(
        accountId === undefined ? undefined : eq(webhooks.accountId, accountId),
        state === undefined ? undefined : eq(webhooks.state, state),
        after === undefined ? undefined : gt(webhooks.id, after),
      ),
    )
    .orderBy(asc(webhooks.id))
    .limit(limit);
}

/** The webhook of a source's folder, if there is one. */
export async function findWebhook(
  db: Queryable,
  { accountId, folderId }: { accountId: string; folderId: string },
): Promise<WebhookRow | undefined> {
  const [row] = await db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.accountId, accountId), eq(webhooks.folderId, folderId)));
  return row;
}
