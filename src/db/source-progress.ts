import { and, asc, eq, ne, sql } from "drizzle-orm";
import {
  type BackfillProgress,
  describeBackfill,
  heldUp,
  newestBackfills,
} from "./backfill-progress.ts";
import { countObjects, NO_OBJECTS, type ObjectCounts } from "./object-counts.ts";
import type { Queryable } from "./open.ts";
import { accounts, folders, sources, webhooks } from "./schema.ts";
import { newestProofs, type Proof } from "./source-proof.ts";
import type { SourceRow } from "./sources.ts";

export interface WebhookProgress {
  /** `polled`: there can be none, or there is none yet. */
  state: "registered" | "polled";
  /** Why it is polled, always, and what to do. */
  reason: string | undefined;
  hint: string | undefined;
}

export interface SourceProgress extends SourceRow {
  /** As Box calls it now, as far as it has told. */
  folderName: string;
  accountName: string;
  webhook: WebhookProgress;
  /** Of its newest backfill, whose figures begin anew with it. */
  backfill: BackfillProgress;
  /** The newest listing of it that came to its end, whatever it was for: how much there is. */
  listing: Proof | undefined;
  counts: ObjectCounts;
  lastStoredAt: Date | undefined;
  /** What the end of its backfill can be estimated from, beside the above. */
  pace: {
    boxUserId: string;
    /** Why nothing is done for it now; undefined when nothing holds it up. */
    heldUp: string | undefined;
  };
}

export interface SourceFilter {
  accountId?: string | undefined;
  /** The name of the last one of the page before; names are unique whatever their case. */
  after?: string | undefined;
  limit: number;
}

/** The sources that are not deleted, by name, each with how far it is. */
export async function listSources(db: Queryable, filter: SourceFilter): Promise<SourceProgress[]> {
  const { accountId, after, limit } = filter;
  const found = await select(db)
    .where(
      and(
        ne(sources.state, "deleted"),
        accountId === undefined ? undefined : eq(sources.accountId, accountId),
        after === undefined ? undefined : sql`lower(${sources.name}) > lower(${after})`,
      ),
    )
    .orderBy(asc(sql`lower(${sources.name})`))
    .limit(limit);
  return withProgress(db, found);
}

/** One source that is not deleted, with how far it is. */
export async function findSource(db: Queryable, id: string): Promise<SourceProgress | undefined> {
  const found = await select(db).where(and(ne(sources.state, "deleted"), eq(sources.id, id)));
  const [progress] = await withProgress(db, found);
  return progress;
}

const select = (db: Queryable) =>
  db
    .select({
      source: sources,
      account: {
        name: accounts.name,
        state: accounts.state,
        reason: accounts.reason,
        boxUserId: accounts.boxUserId,
      },
      webhook: webhooks,
      folderName: folders.name,
    })
    .from(sources)
    .innerJoin(accounts, eq(accounts.id, sources.accountId))
    .leftJoin(
      webhooks,
      and(eq(webhooks.accountId, sources.accountId), eq(webhooks.folderId, sources.folderId)),
    )
    .leftJoin(
      folders,
      and(eq(folders.accountId, sources.accountId), eq(folders.folderId, sources.folderId)),
    )
    .$dynamic();

type Found = Awaited<ReturnType<typeof select>>;

async function withProgress(db: Queryable, found: Found): Promise<SourceProgress[]> {
  const ids = found.map(({ source }) => source.id);
  if (ids.length === 0) return [];
  const [backfills, listings, counts] = await Promise.all([
    newestBackfills(db, ids),
    newestProofs(db, ids),
    countObjects(db, ids),
  ]);
  return found.map(({ source, account, webhook, folderName }) => {
    const counted = counts.get(source.id);
    return {
      ...source,
      folderName: folderName ?? source.folderName,
      accountName: account.name,
      webhook: describeWebhook(webhook),
      backfill: describeBackfill(backfills.get(source.id), source, account),
      listing: listings.get(source.id),
      counts: counted?.counts ?? { ...NO_OBJECTS },
      lastStoredAt: counted?.lastStoredAt,
      pace: {
        boxUserId: account.boxUserId,
        heldUp: heldUp(source, account)?.reason,
      },
    };
  });
}

function describeWebhook(row: typeof webhooks.$inferSelect | null): WebhookProgress {
  if (row?.state === "registered")
    return { state: "registered", reason: undefined, hint: undefined };
  const again = row?.state === "polled" ? undefined : "Nothing: Box is asked again by itself.";
  return {
    state: "polled",
    reason: row?.reason ?? "Box has not been asked for a webhook yet",
    hint: row?.hint ?? again,
  };
}
