import { and, eq, ne, sql } from "drizzle-orm";
import type { LakeUrl } from "../core/addresses.ts";
import { Failure } from "../core/failure.ts";
import { type AccountId, accountId, type FolderId, type SourceId } from "../core/ids.ts";
import { rememberFolders, rowsOfWay } from "../db/ancestry.ts";
import { findAccount } from "../db/accounts.ts";
import { withdrawObjects } from "../db/debts.ts";
import type { Database, Transaction } from "../db/open.ts";
import { rows } from "../db/open.ts";
import { sources, walks, webhooks } from "../db/schema.ts";
import { findSource } from "../db/sources.ts";
import { startBackfill } from "./backfills.ts";
import type { BoxClients } from "./box-clients.ts";
import { checkSource, placeFor } from "./check-source.ts";
import { ensureWebhook } from "./ensure-webhook.ts";
import { freeSlug } from "./free-slug.ts";
import { takePositions } from "./streams.ts";
import { wakeDebts } from "./wake-debts.ts";

export interface SourceDeps {
  db: Database;
  boxes: BoxClients;
  webhookBase: string | undefined;
  formerWebhookBase?: string | undefined;
  /** Where sources may keep their objects, the lake's own place first. */
  places: readonly [LakeUrl, ...LakeUrl[]];
}

export interface NewSource {
  accountId: AccountId;
  name: string;
  description?: string | undefined;
  folderId: FolderId;
  include: string[];
  exclude: string[];
  subfolders?: boolean | undefined;
  minBytes?: number | null | undefined;
  maxBytes?: number | null | undefined;
  maxAgeDays?: number | null | undefined;
  history?: "current" | "all" | undefined;
  pathTemplate?: string | null | undefined;
  nameTemplate?: string | null | undefined;
  /** One of the places that the lake allows; its own when neither is said. */
  bucket?: string | undefined;
  prefix?: string | undefined;
  tags: string[];
  metadata: Record<string, string>;
}

/**
 * Registers a folder. In this order, so that nothing can fall between: the folder is looked at, the
 * event streams get a position if they have none, then source, webhook row and backfill are committed
 * together, and only then Box is asked for the webhook; a crash on the way leaves no stray webhook.
 * Throws a `Refusal` for what cannot be asked for,
 * and `not_found` when Box does not show the folder. A name that is taken breaks `sources_name`.
 */
export async function createSource(deps: SourceDeps, wanted: NewSource): Promise<SourceId> {
  const account = await findAccount(deps.db, wanted.accountId);
  if (!account) throw new Failure("not_found", "There is no such account");
  await checkSource(deps.db, asChecked(wanted));
  const place = placeFor(wanted, deps.places);
  const box = await deps.boxes.of(wanted.accountId);
  const asOf = new Date();
  const folder = await box.folder(wanted.folderId);
  if (!folder || folder.trashed)
    throw new Failure("not_found", `Box shows this account no folder ${wanted.folderId}`, {
      hint: `Check the id (it stands in the folder's address) and invite ${account.boxLogin ?? "the account"} to the folder.`,
    });
  await takePositions(deps.db, box, account, folder.isExternal);
  const way = [...folder.ancestors, folder];
  const { id, hook } = await deps.db.transaction(async (tx) => {
    await rememberFolders(tx, wanted.accountId, rowsOfWay(way, asOf));
    const slug = await freeSlug(tx, wanted.name, place.prefix, deps.places);
    const [source] = await tx
      .insert(sources)
      .values({
        ...wanted,
        ...place,
        slug,
        folderName: folder.name,
        isExternal: folder.isExternal ?? null,
      })
      .returning({ id: sources.id });
    if (!source) throw new Error("bug: an inserted source was not answered");
    await startBackfill(tx, { ...wanted, id: source.id });
    return { id: source.id as SourceId, hook: await wantWebhook(tx, wanted) };
  });
  await ensureWebhook(deps, hook);
  return id;
}

const asChecked = (wanted: NewSource) => ({
  minBytes: wanted.minBytes ?? null,
  maxBytes: wanted.maxBytes ?? null,
  pathTemplate: wanted.pathTemplate ?? null,
  nameTemplate: wanted.nameTemplate ?? null,
  metadata: wanted.metadata,
});

/** The folder's webhook row, shared by all its sources; one on its way out is kept. */
async function wantWebhook(tx: Transaction, { accountId, folderId }: NewSource): Promise<string> {
  const [row] = await rows<{ id: string }>(
    tx,
    sql`
      insert into webhooks as known (account_id, folder_id) values (${accountId}::uuid, ${folderId})
      on conflict (account_id, folder_id) do update set due_at = now(),
        state = case known.state when 'registered' then 'registered' else 'wanted' end
      returning id`,
  );
  if (!row) throw new Error("bug: an inserted webhook was not answered");
  return row.id;
}

/**
 * Stops and resumes storing; what is noticed meanwhile is owed and waits, and is woken when it resumes.
 * Twice is once. False when there is no such source.
 */
export async function setPaused(db: Database, source: SourceId, paused: boolean): Promise<boolean> {
  const [from, to] = paused ? (["active", "paused"] as const) : (["paused", "active"] as const);
  return db.transaction(async (tx) => {
    const changed = await tx
      .update(sources)
      .set({ state: to })
      .where(and(eq(sources.id, source), eq(sources.state, from)))
      .returning({ id: sources.id });
    if (changed.length > 0 && !paused) await wakeDebts(tx, { sourceId: source });
    return (await findSource(tx, source)) !== undefined;
  });
}

/**
 * Ends a source: what it was owed is withdrawn, its webhook goes unless another source of the same
 * folder needs it. What is stored stays, with its records. False when there is no such source.
 */
export async function deleteSource(deps: SourceDeps, source: SourceId): Promise<boolean> {
  const ended = await deps.db.transaction(async (tx) => {
    const [row] = await tx
      .update(sources)
      .set({ state: "deleted" })
      .where(and(eq(sources.id, source), ne(sources.state, "deleted")))
      .returning();
    if (!row) return undefined;
    await withdrawObjects(tx, sql`source_id = ${source}::uuid`);
    await tx
      .update(walks)
      .set({ state: "withdrawn", leasedBy: null })
      .where(and(eq(walks.sourceId, source), ne(walks.state, "done")));
    const folder = { accountId: accountId(row.accountId), folderId: row.folderId };
    const [hook] = await tx
      .update(webhooks)
      .set({ state: "unwanted" })
      .where(
        and(
          eq(webhooks.accountId, folder.accountId),
          eq(webhooks.folderId, folder.folderId),
          sql`not exists (select from sources s where s.account_id = ${folder.accountId}::uuid
            and s.folder_id = ${folder.folderId} and s.state <> 'deleted')`,
        ),
      )
      .returning({ id: webhooks.id });
    return { hook: hook?.id };
  });
  if (ended?.hook) await ensureWebhook(deps, ended.hook);
  return ended !== undefined;
}
