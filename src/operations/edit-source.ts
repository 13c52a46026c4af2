import { and, eq, inArray, ne, sql } from "drizzle-orm";
import type { SourceId } from "../core/ids.ts";
import { compileMask } from "../core/mask.ts";
import { withdrawObjects } from "../db/debts.ts";
import { type Database, texts, type Transaction } from "../db/open.ts";
import { objects, sources, walks } from "../db/schema.ts";
import { enqueue, type Job, PRIORITY } from "./enqueue.ts";

/** What is left out stays as it is; what is given replaces the old value whole. */
export interface SourceEdit {
  name?: string | undefined;
  /** Null takes it away. */
  description?: string | null | undefined;
  include?: string[] | undefined;
  exclude?: string[] | undefined;
  tags?: string[] | undefined;
  metadata?: Record<string, string> | undefined;
}

/**
 * Changes a source; its folder and slug stay for ever. Other masks decide everything again: what is
 * still owed and no longer matches is withdrawn, what was withdrawn and matches again is owed again,
 * and the folder is walked anew for what was never owed. What is stored stays. The same edit again
 * changes nothing. False when there is no such source; a name that is taken breaks `sources_name`.
 */
export async function editSource(
  db: Database,
  source: SourceId,
  edit: SourceEdit,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [before] = await tx
      .select()
      .from(sources)
      .where(and(eq(sources.id, source), ne(sources.state, "deleted")))
      .for("update");
    if (!before) return false;
    if (Object.values(edit).every((value) => value === undefined)) return true;
    const [after] = await tx.update(sources).set(edit).where(eq(sources.id, source)).returning();
    if (!after) throw new Error("bug: an updated source was not answered");
    if (maskOf(before) === maskOf(after)) return true;
    await decideAgain(tx, source, compileMask(after));
    await walkAgain(tx, source);
    return true;
  });
}

const maskOf = ({ include, exclude }: { include: string[]; exclude: string[] }) =>
  JSON.stringify([include, exclude]);

async function decideAgain(tx: Transaction, source: SourceId, matches: (path: string) => boolean) {
  const found = await tx
    .select({ id: objects.id, path: objects.path, state: objects.state })
    .from(objects)
    .where(and(eq(objects.sourceId, source), ne(objects.state, "stored")));
  const changed = found.filter(({ path, state }) => matches(path) === (state === "withdrawn"));
  const ids = (rows: typeof found) => texts(rows.map(({ id }) => String(id)));
  const owed = changed.filter(({ state }) => state === "withdrawn");
  const unwanted = changed.filter(({ state }) => state !== "withdrawn");
  // A worker that holds one of them loses its lease; the lake would adopt what it still creates.
  await withdrawObjects(tx, sql`id = any(${ids(unwanted)}::bigint[])`);
  await tx.execute(sql`
    update objects set state = 'pending', attempts = 0, due_at = now()
    where id = any(${ids(owed)}::bigint[])`);
  const priority = PRIORITY.backfill;
  await enqueue(
    tx,
    owed.map(({ id }): Job => ({ task: "store_version", payload: { objectId: id }, priority })),
  );
}

/** Begins the source's backfill over; a worker that is listing for it loses its lease. */
async function walkAgain(tx: Transaction, source: SourceId) {
  const newest = tx
    .select({ id: sql<number>`max(${walks.id})` })
    .from(walks)
    .where(eq(walks.sourceId, source));
  const begun = await tx
    .update(walks)
    .set({
      state: "due",
      reason: "its masks were changed",
      started: false,
      listedFiles: 0,
      listedFolders: 0,
      matched: 0,
      createdAt: sql`now()`,
      finishedAt: null,
      dueAt: sql`now()`,
      attempts: 0,
      failure: null,
      failureReason: null,
      hint: null,
      failedAt: null,
      leasedBy: null,
    })
    .where(inArray(walks.id, newest))
    .returning({ id: walks.id });
  const priority = PRIORITY.backfill;
  await enqueue(
    tx,
    begun.map(({ id }): Job => ({ task: "walk_folder", payload: { walkId: id }, priority })),
  );
}
