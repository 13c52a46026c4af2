import { and, desc, eq, sql } from "drizzle-orm";
import type { SourceId } from "../core/ids.ts";
import type { Database, Transaction } from "../db/open.ts";
import { walks } from "../db/schema.ts";
import { lockSource } from "../db/sources.ts";
import { enqueue, PRIORITY } from "./enqueue.ts";

interface BackfilledSource {
  id: string;
  accountId: string;
  folderId: string;
  /** Without them the folder's own rows are all that a backfill lists. */
  subfolders?: boolean | undefined;
}

/** Begins a backfill of a source: its walk and the job that works it. Answers the walk's id. */
export async function startBackfill(
  tx: Transaction,
  source: BackfilledSource,
  reason = "backfill",
): Promise<number> {
  const [walk] = await tx
    .insert(walks)
    .values({
      kind: "backfill",
      accountId: source.accountId,
      sourceId: source.id,
      folderId: source.folderId,
      recursive: source.subfolders ?? true,
      reason,
      door: "listing",
    })
    .returning({ id: walks.id });
  if (!walk) throw new Error("bug: an inserted walk was not answered");
  await wake(tx, walk.id);
  return walk.id;
}

/**
 * Backfills a source anew because it asks for something else now. A backfill that is under way starts
 * over, and a worker that is listing for it loses its lease; so does one that was given up, whose failure
 * is answered by this one. One that has ended stays on record.
 */
export async function restartBackfill(
  tx: Transaction,
  source: BackfilledSource,
  reason: string,
): Promise<number> {
  const newest = await newestBackfill(tx, source.id);
  if (newest?.state !== "due" && newest?.state !== "given_up")
    return startBackfill(tx, source, reason);
  await tx
    .update(walks)
    .set({
      state: "due",
      reason,
      recursive: source.subfolders ?? true,
      started: false,
      listedFiles: 0,
      listedFolders: 0,
      listedBytes: 0,
      matched: 0,
      matchedBytes: 0,
      missing: 0,
      skipped: {},
      createdAt: sql`now()`,
      dueAt: sql`now()`,
      attempts: 0,
      failure: null,
      failureReason: null,
      hint: null,
      failedAt: null,
      leasedBy: null,
    })
    .where(eq(walks.id, newest.id));
  await wake(tx, newest.id);
  return newest.id;
}

/**
 * Backfills a source on demand. While a backfill is under way, or waits, that one is answered and goes on
 * undisturbed, so that asking twice loses nothing. Undefined when there is no such source.
 */
export async function askForBackfill(
  db: Database,
  id: SourceId,
): Promise<{ walkId: number; begun: boolean } | undefined> {
  return db.transaction(async (tx) => {
    const source = await lockSource(tx, id);
    if (!source) return undefined;
    const newest = await newestBackfill(tx, id);
    if (newest?.state === "due") return { walkId: newest.id, begun: false };
    return { walkId: await restartBackfill(tx, source, "an operator asked for it"), begun: true };
  });
}

async function newestBackfill(tx: Transaction, source: string) {
  const [newest] = await tx
    .select({ id: walks.id, state: walks.state })
    .from(walks)
    .where(and(eq(walks.sourceId, source), eq(walks.kind, "backfill")))
    .orderBy(desc(walks.id))
    .limit(1);
  return newest;
}

const wake = (tx: Transaction, walkId: number) =>
  enqueue(tx, [{ task: "walk_folder", payload: { walkId }, priority: PRIORITY.ahead }]);
