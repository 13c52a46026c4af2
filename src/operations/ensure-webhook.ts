import { and, eq, sql } from "drizzle-orm";
import type { BoxClient, BoxWebhook } from "../box/client.ts";
import { WEBHOOK_TRIGGERS } from "../box/webhook-triggers.ts";
import { Failure } from "../core/failure.ts";
import { accountId, folderId, ROOT_FOLDER } from "../core/ids.ts";
import { decide } from "../core/retry.ts";
import type { Database } from "../db/open.ts";
import { accounts, webhooks } from "../db/schema.ts";
import type { BoxClients } from "./box-clients.ts";

export type WebhookRow = typeof webhooks.$inferSelect;
export type WebhookNews = Partial<Pick<WebhookRow, "state" | "reason" | "hint" | "boxWebhookId">>;

export interface WebhookDeps {
  db: Database;
  boxes: BoxClients;
  /** Where Box reaches us; undefined when it cannot. */
  webhookBase: string | undefined;
}

/** Where Box delivers what happens in an account. */
export const webhookAddress = (base: string, account: string) => `${base}/webhooks/box/${account}`;

/**
 * Makes Box and a webhook's row agree: creates, adopts, mends or removes, or writes down why the
 * folder can only be polled. Called again, it checks again. A crash between Box's answer and our
 * row leaves a webhook that the next call meets as a conflict and adopts, because its address is
 * ours; another installation's is never touched. What Box cannot answer now is noted and due later.
 * A row that is wanted or unwanted anew while Box is asked is worked again as it is by then.
 */
export async function ensureWebhook(
  deps: WebhookDeps,
  id: string,
): Promise<WebhookRow | undefined> {
  const [row] = await deps.db.select().from(webhooks).where(eq(webhooks.id, id));
  if (!row) return undefined;
  try {
    const news = row.state === "unwanted" ? await remove(deps, row) : await agree(deps, row);
    if (news === "removed") {
      const gone = await deps.db.delete(webhooks).where(asRead(row)).returning({ id: webhooks.id });
      return gone.length > 0 ? undefined : await ensureWebhook(deps, id);
    }
    const settled = { reason: null, hint: null, ...news, attempts: 0 };
    return (await save(deps, row, settled, RECHECK_MS)) ?? (await startOver(deps, row, news));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return await noteFailure(deps, row, error);
  }
}

/** The row, if it still says what it said when Box was asked for it. */
const asRead = (row: WebhookRow) => and(eq(webhooks.id, row.id), eq(webhooks.state, row.state));

/** What was made at Box for a row that has changed meanwhile is written down before it is worked again. */
async function startOver(deps: WebhookDeps, row: WebhookRow, { boxWebhookId }: WebhookNews) {
  if (!boxWebhookId) return ensureWebhook(deps, row.id);
  const noted = await deps.db
    .update(webhooks)
    .set({ boxWebhookId })
    .where(eq(webhooks.id, row.id))
    .returning({ id: webhooks.id });
  if (noted.length > 0) return ensureWebhook(deps, row.id);
  const box = await deps.boxes.of(accountId(row.accountId));
  await box.deleteWebhook(boxWebhookId);
  return undefined;
}

/** How often a webhook that stands is compared with Box's idea of it: one call each. */
const RECHECK_MS = 60 * 60_000;
/** A folder that can have none is asked about seldom: permissions change rarely. */
const POLLED_RECHECK_MS = 24 * RECHECK_MS;

/** Why there can be no webhook, before Box is asked. */
export function obstacle(
  row: { folderId: string; hasKeys: boolean },
  webhookBase: string | undefined,
): { reason: string; hint: string } | undefined {
  if (row.folderId === ROOT_FOLDER)
    return {
      reason: "Box allows no webhook on the root folder",
      hint: "Register its first-level folders as sources of their own to have webhooks for them.",
    };
  if (!row.hasKeys)
    return {
      reason: "The account has no webhook signature keys",
      hint: "Generate both keys in the Box developer console (Webhooks, Manage signature keys) and enter them for the account.",
    };
  if (webhookBase === undefined)
    return {
      reason: "Longshore has no public https address",
      hint: "Set PUBLIC_URL to the https address under which Box reaches this service.",
    };
  return undefined;
}

async function agree(deps: WebhookDeps, row: WebhookRow): Promise<WebhookNews> {
  const [account] = await deps.db.select().from(accounts).where(eq(accounts.id, row.accountId));
  const hasKeys = Boolean(account?.signatureKeys);
  const none = obstacle({ folderId: row.folderId, hasKeys }, deps.webhookBase);
  if (none || deps.webhookBase === undefined) return { state: "polled", ...none };
  const box = await deps.boxes.of(accountId(row.accountId));
  const address = webhookAddress(deps.webhookBase, row.accountId);
  const standing = row.boxWebhookId ? await box.webhook(row.boxWebhookId) : undefined;
  if (standing?.folderId === row.folderId) return registered(await mend(box, standing, address));
  try {
    return registered(
      await box.createWebhook(folderId(row.folderId), address, [...WEBHOOK_TRIGGERS]),
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === "conflict") return await adopt(box, row, address, deps.webhookBase);
    if (error.kind !== "forbidden" && error.kind !== "not_found" && error.kind !== "invalid")
      throw error;
    return { state: "polled", reason: error.message, hint: error.hint ?? null };
  }
}

const registered = (webhook: BoxWebhook): WebhookNews => ({
  state: "registered",
  boxWebhookId: webhook.webhookId,
});

/** Box keeps one webhook an application, user and folder: this one is ours only by its address. */
async function adopt(box: BoxClient, row: WebhookRow, address: string, base: string) {
  for (const { webhookId, folderId } of await box.webhooks()) {
    if (folderId !== row.folderId) continue;
    const found = await box.webhook(webhookId);
    if (found && isUnder(found.address, base)) return registered(await mend(box, found, address));
  }
  return {
    state: "polled" as const,
    reason: "Box has a webhook of this application on the folder that leads elsewhere",
    hint: "Another installation uses the same Box application: give this one an application of its own.",
  };
}

const isUnder = (address: string, base: string) =>
  address === base || address.startsWith(`${base}/`);

async function mend(box: BoxClient, webhook: BoxWebhook, address: string): Promise<BoxWebhook> {
  const wanted = new Set<string>(WEBHOOK_TRIGGERS);
  const same =
    webhook.triggers.length === wanted.size && webhook.triggers.every((t) => wanted.has(t));
  if (same && webhook.address === address) return webhook;
  return box.updateWebhook(webhook.webhookId, address, [...WEBHOOK_TRIGGERS]);
}

async function remove(deps: WebhookDeps, row: WebhookRow): Promise<"removed"> {
  if (row.boxWebhookId) {
    const box = await deps.boxes.of(accountId(row.accountId));
    await box.deleteWebhook(row.boxWebhookId);
  }
  return "removed";
}

async function noteFailure(deps: WebhookDeps, row: WebhookRow, failure: Failure) {
  const attempts = row.attempts + 1;
  const verdict = decide(failure, attempts, Math.random());
  const news = { reason: failure.message, hint: failure.hint ?? null, attempts };
  return save(deps, row, news, verdict.again ? verdict.afterMs : POLLED_RECHECK_MS);
}

async function save(
  { db }: WebhookDeps,
  row: WebhookRow,
  news: WebhookNews & { attempts: number },
  recheckMs: number,
) {
  const afterMs = news.state === "polled" ? POLLED_RECHECK_MS : recheckMs;
  const [saved] = await db
    .update(webhooks)
    .set({
      ...news,
      checkedAt: sql`now()`,
      dueAt: sql`now() + ${afterMs}::float8 * interval '1 ms'`,
    })
    .where(asRead(row))
    .returning();
  return saved;
}
