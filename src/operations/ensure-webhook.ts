import { and, eq, sql } from "drizzle-orm";
import { Failure } from "../core/failure.ts";
import { accountId } from "../core/ids.ts";
import { decide } from "../core/retry.ts";
import { markNeedsRelogin } from "../db/accounts.ts";
import { closeIncident, openIncident } from "../db/incidents.ts";
import type { Database } from "../db/open.ts";
import { accounts, sources, webhooks } from "../db/schema.ts";
import { claimWebhook, type WebhookRow } from "../db/webhooks.ts";
import type { BoxClients } from "./box-clients.ts";
import {
  makeWebhook,
  mendWebhook,
  obstacle,
  removeWebhook,
  type Standing,
  type Wanted,
  webhookAddress,
} from "./webhook-at-box.ts";

export interface WebhookDeps {
  db: Database;
  boxes: BoxClients;
  /** Where Box reaches us; undefined when it cannot. */
  webhookBase: string | undefined;
  /** Where Box reached us before we moved. */
  formerWebhookBase?: string | undefined;
}

/**
 * How often a webhook that stands is compared with Box's idea of it: one call each, 120 a month. What
 * cannot wait so long is noticed otherwise: Box says that it removed one, and a silent one is missed
 * within minutes.
 */
const RECHECK_MS = 6 * 60 * 60_000;
/** A folder that can have none is asked about seldom: permissions change rarely. */
const POLLED_RECHECK_MS = 24 * 60 * 60_000;

/**
 * Makes Box and a webhook's row agree: creates, adopts, mends or removes, or writes down why the
 * folder can only be polled. Called again, it compares again. A crash between Box's answer and our
 * row leaves a webhook that the next call meets as a conflict and adopts, because its address is
 * ours; another installation's is never touched. What Box cannot answer now is noted and due later.
 * A row that is wanted or unwanted anew while Box is asked is worked again as it is by then.
 */
export async function ensureWebhook(
  deps: WebhookDeps,
  id: string,
): Promise<WebhookRow | undefined> {
  const row = await claimWebhook(deps.db, id);
  return row && ensureClaimed(deps, row);
}

/** The same of a row that was claimed already. Two that work one row at once make one webhook: Box allows no second. */
export async function ensureClaimed(
  deps: WebhookDeps,
  row: WebhookRow,
): Promise<WebhookRow | undefined> {
  try {
    if (row.state === "unwanted") {
      await remove(deps, row);
      const gone = await deps.db.delete(webhooks).where(asRead(row)).returning({ id: webhooks.id });
      return gone.length > 0 ? undefined : await ensureWebhook(deps, row.id);
    }
    const found = await agree(deps, row);
    if (!found) return await ensureWebhook(deps, row.id);
    const { at, standing } = found;
    return (await settle(deps, at, standing)) ?? (await startOver(deps, at, standing));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return await noteFailure(deps, row, error);
  }
}

/** The row, if it still says what it said when Box was asked for it. */
const asRead = (row: WebhookRow) => and(eq(webhooks.id, row.id), eq(webhooks.state, row.state));

/** What was made at Box for a row that has changed meanwhile is written down before it is worked again. */
async function startOver(deps: WebhookDeps, row: WebhookRow, standing: Standing) {
  if (standing.state === "polled") return ensureWebhook(deps, row.id);
  const { boxWebhookId, address } = standing;
  const noted = await deps.db
    .update(webhooks)
    .set({ boxWebhookId, address })
    .where(eq(webhooks.id, row.id))
    .returning({ id: webhooks.id });
  if (noted.length > 0) return ensureWebhook(deps, row.id);
  const box = await deps.boxes.of(accountId(row.accountId));
  await box.deleteWebhook(boxWebhookId);
  return undefined;
}

/** Asks Box. Undefined when the row changed while a webhook that is gone was written off. */
async function agree(deps: WebhookDeps, row: WebhookRow) {
  const [account] = await deps.db.select().from(accounts).where(eq(accounts.id, row.accountId));
  const hasKeys = Boolean(account?.signatureKeys);
  const base = deps.webhookBase;
  const none = obstacle({ folderId: row.folderId, hasKeys }, base);
  if (none || base === undefined)
    return { at: row, standing: { state: "polled", ...none } as Standing };
  const box = await deps.boxes.of(accountId(row.accountId));
  const address = webhookAddress(base, row.accountId);
  const { formerWebhookBase } = deps;
  const wanted: Wanted = { folderId: row.folderId, address, webhookBase: base, formerWebhookBase };
  const { boxWebhookId } = row;
  if (boxWebhookId) {
    const standing = await mendWebhook(box, { ...row, boxWebhookId }, wanted);
    if (standing) return { at: row, standing };
  }
  const at = boxWebhookId ? await writeOff(deps, row) : row;
  return at && { at, standing: await makeWebhook(box, wanted) };
}

/** Box has it no more: wanted anew, before Box is asked for another. One that we gave up ourselves is no incident. */
async function writeOff({ db }: WebhookDeps, row: WebhookRow): Promise<WebhookRow | undefined> {
  return db.transaction(async (tx) => {
    const [wanted] = await tx
      .update(webhooks)
      .set({ state: "wanted", boxWebhookId: null, address: null })
      .where(and(asRead(row), sql`${webhooks.boxWebhookId} = ${row.boxWebhookId}`))
      .returning();
    if (!wanted || row.state !== "registered") return wanted;
    const [source] = await tx
      .select({ id: sources.id, name: sources.name })
      .from(sources)
      .where(
        and(
          eq(sources.accountId, row.accountId),
          eq(sources.folderId, row.folderId),
          sql`${sources.state} <> 'deleted'`,
        ),
      )
      .limit(1);
    const of = source ? `the source “${source.name}”` : `folder ${row.folderId}`;
    await openIncident(tx, {
      kind: "webhook_gone",
      subject: row.id,
      accountId: row.accountId,
      sourceId: source?.id,
      message: `Box no longer had the webhook of ${of}. Nothing is lost: the event stream is read every minute and tells of what happened without it.`,
      hint: "It is made anew by itself. If this comes again, see whether tokens of the application were revoked, or whether deliveries have not reached PUBLIC_URL for weeks.",
      details: { folderId: row.folderId, boxWebhookId: row.boxWebhookId, heardAt: row.heardAt },
    });
    return wanted;
  });
}

async function remove(deps: WebhookDeps, row: WebhookRow): Promise<void> {
  const { boxWebhookId, address } = row;
  if (!boxWebhookId) return;
  const box = await deps.boxes.of(accountId(row.accountId));
  await removeWebhook(box, { boxWebhookId, address }, deps);
}

async function noteFailure(deps: WebhookDeps, row: WebhookRow, failure: Failure) {
  const attempts = row.attempts + 1;
  const verdict = decide(failure, attempts, Math.random());
  if (failure.kind === "unauthorized")
    await markNeedsRelogin(deps.db, accountId(row.accountId), failure.message);
  const news = { reason: failure.message, hint: failure.hint ?? null, attempts };
  // Its state may be another than was read, for want of which it is asked about again.
  const [saved] = await deps.db
    .update(webhooks)
    .set({ ...news, ...checkedNow(row, verdict.again ? verdict.afterMs : POLLED_RECHECK_MS) })
    .where(eq(webhooks.id, row.id))
    .returning();
  return saved;
}

async function settle({ db }: WebhookDeps, row: WebhookRow, standing: Standing) {
  const afterMs = standing.state === "polled" ? POLLED_RECHECK_MS : RECHECK_MS;
  return db.transaction(async (tx) => {
    const [saved] = await tx
      .update(webhooks)
      .set({ ...standing, attempts: 0, ...checkedNow(row, afterMs) })
      .where(asRead(row))
      .returning();
    const isNew = saved?.state === "registered" && row.state !== "registered";
    if (isNew) await closeIncident(tx, "webhook_gone", row.id);
    return saved;
  });
}

/** Due again after so long, unless it became due anew while Box was asked. */
const checkedNow = (row: WebhookRow, afterMs: number) => ({
  checkedAt: sql`now()`,
  dueAt: sql`case when ${webhooks.dueAt} = ${row.dueAt.toISOString()}::timestamptz
    then now() + ${afterMs}::float8 * interval '1 ms' else ${webhooks.dueAt} end`,
});
