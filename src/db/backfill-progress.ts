import { inArray, sql } from "drizzle-orm";
import { type Queryable, texts } from "./open.ts";
import { walks } from "./schema.ts";

export interface BackfillProgress {
  /**
   * `queued`: nothing is listed yet, and it begins as soon as a worker is free; `waiting`: something must
   * pass first, and `reason` says what; `failed`: a person must look.
   */
  state: "queued" | "running" | "waiting" | "done" | "failed";
  /** Files that it has listed since it began, and how many of them the source wants. */
  listed: number;
  listedBytes: number;
  matched: number;
  matchedBytes: number;
  /** Of the wanted, those that the lake did not owe before. */
  missing: number;
  /** How many were not wanted, by the rule against them. */
  skipped: Record<string, number>;
  folders: number;
  /** Folders that were found and are still to be listed; each may hold more. */
  foldersLeft: number;
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
  reason: string | undefined;
  hint: string | undefined;
}

/** A source has a walk for every time that it was backfilled; the newest is the one that counts. */
export async function newestBackfills(db: Queryable, ids: string[]) {
  const newest = sql`(select (select max(w.id) from walks w
      where w.source_id = asked.id and w.kind = 'backfill')
    from unnest(${texts(ids)}::uuid[]) as asked(id))`;
  const found = await db
    .select({
      sourceId: walks.sourceId,
      state: walks.state,
      leased: sql<boolean>`${walks.leasedBy} is not null`,
      started: walks.started,
      later: sql<boolean>`${walks.dueAt} > now()`,
      listed: walks.listedFiles,
      listedBytes: walks.listedBytes,
      matched: walks.matched,
      matchedBytes: walks.matchedBytes,
      missing: walks.missing,
      skipped: walks.skipped,
      folders: walks.listedFolders,
      foldersLeft: sql<number>`(select count(*)::int from walk_folders f
        where f.walk_id = walks.id and not f.listed)`,
      startedAt: walks.createdAt,
      finishedAt: walks.finishedAt,
      reason: walks.failureReason,
      hint: walks.hint,
    })
    .from(walks)
    .where(inArray(walks.id, newest));
  return new Map(found.map((row) => [row.sourceId, row]));
}

type Walk =
  Awaited<ReturnType<typeof newestBackfills>> extends Map<unknown, infer Row> ? Row : never;

/** Where a backfill stands, for the person who waits for it. */
export function describeBackfill(
  walk: Walk | undefined,
  source: { state: string },
  account: { state: string; reason: string | null },
): BackfillProgress {
  return {
    listed: walk?.listed ?? 0,
    listedBytes: walk?.listedBytes ?? 0,
    matched: walk?.matched ?? 0,
    matchedBytes: walk?.matchedBytes ?? 0,
    missing: walk?.missing ?? 0,
    skipped: walk?.skipped ?? {},
    folders: walk?.folders ?? 0,
    foldersLeft: walk?.foldersLeft ?? 0,
    startedAt: walk?.startedAt,
    finishedAt: walk?.finishedAt ?? undefined,
    ...standing(walk, source, account),
  };
}

/** What must pass before anything is done for a source; undefined when nothing holds it up. */
export function heldUp(
  source: { state: string },
  account: { state: string; reason: string | null },
): { reason: string; hint: string } | undefined {
  if (source.state === "paused") return { reason: "The source is paused", hint: "Resume it." };
  if (account.state === "paused")
    return { reason: "The account is paused", hint: "Resume the account." };
  if (account.state === "needs_relogin")
    return {
      reason: account.reason ?? "Box refuses the account's credentials",
      hint: "Put its credentials right at Box and test the account; with OAuth 2.0, grant access again on the page Accounts.",
    };
  return undefined;
}

function standing(
  walk: Walk | undefined,
  source: { state: string },
  account: { state: string; reason: string | null },
): Pick<BackfillProgress, "state" | "reason" | "hint"> {
  const { reason, hint } = { reason: walk?.reason ?? undefined, hint: walk?.hint ?? undefined };
  if (walk?.state === "done") return { state: "done", reason: undefined, hint: undefined };
  if (walk && walk.state !== "due") return { state: "failed", reason, hint };
  if (walk?.leased) return { state: "running", reason: undefined, hint: undefined };
  const held = heldUp(source, account);
  if (held) return { state: "waiting", ...held };
  if (walk?.later) return { state: "waiting", reason, hint };
  // One that has begun is between two turns.
  return { state: walk?.started ? "running" : "queued", reason: undefined, hint: undefined };
}
