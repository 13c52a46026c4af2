import { eq } from "drizzle-orm";
import type { SourceId } from "../core/ids.ts";
import type { Database } from "../db/open.ts";
import { pathTemplateOf, rulesOf } from "../db/masks.ts";
import { allowedValues } from "../db/metadata-fields.ts";
import { sources } from "../db/schema.ts";
import { lockSource, type SourceRow } from "../db/sources.ts";
import { restartBackfill } from "./backfills.ts";
import { checkSource } from "./check-source.ts";
import { decideAgain, oweWithdrawn, withdrawAndReread } from "./decide-again.ts";
import { decideLossesAgain } from "./losses.ts";

/** What is left out stays as it is; what is given replaces the old value whole. */
export interface SourceEdit {
  name?: string | undefined;
  /** Null takes it away, as for every limit. */
  description?: string | null | undefined;
  include?: string[] | undefined;
  exclude?: string[] | undefined;
  subfolders?: boolean | undefined;
  minBytes?: number | null | undefined;
  maxBytes?: number | null | undefined;
  maxAgeDays?: number | null | undefined;
  history?: "current" | "all" | undefined;
  pathTemplate?: string | null | undefined;
  tags?: string[] | undefined;
  metadata?: Record<string, string> | undefined;
}

/**
 * Changes a source; its folder, slug and place in the lake stay for ever. Other rules decide everything
 * again: what is still owed and no longer wanted is withdrawn, what was withdrawn and is wanted again is
 * owed again, and the folder is backfilled anew for what was never owed. So is one whose history is
 * wanted now. Another path template reads the paths of what is not stored again. What is stored stays. The
 * same edit again changes nothing. False when there is no such source; throws a `Refusal` for what it
 * cannot become; a name that is taken breaks `sources_name`.
 */
export async function editSource(db: Database, id: SourceId, edit: SourceEdit): Promise<boolean> {
  return db.transaction(async (tx) => {
    const before = await lockSource(tx, id);
    if (!before) return false;
    if (Object.values(edit).every((value) => value === undefined)) return true;
    await checkSource(tx, { ...before, ...givenIn(edit) });
    const [after] = await tx.update(sources).set(edit).where(eq(sources.id, id)).returning();
    if (!after) throw new Error("bug: an updated source was not answered");
    const { decides, backfills } = consequences(before, after);
    const decisions = decides
      ? await decideAgain(tx, rulesOf(after), pathTemplateOf(after, await allowedValues(tx)))
      : undefined;
    if (decisions) await withdrawAndReread(tx, decisions);
    const walk = backfills === undefined ? undefined : await restartBackfill(tx, after, backfills);
    if (!decisions) return true;
    await oweWithdrawn(tx, id, decisions, walk);
    await decideLossesAgain(tx, id, rulesOf(after));
    return true;
  });
}

/** What an edit leads to: whether all is decided again, and why the folder is backfilled, if it is. */
export function consequences(before: SourceRow, after: SourceRow) {
  const rulesChanged = asksFor(before) !== asksFor(after);
  const historyWanted = before.history === "current" && after.history === "all";
  const because = historyWanted ? "its past versions are wanted now" : undefined;
  return {
    decides: rulesChanged || before.pathTemplate !== after.pathTemplate,
    backfills: rulesChanged ? "what the source asks for was changed" : because,
  };
}

/** Without what is left out, which must not take anything away. */
export const givenIn = (edit: SourceEdit) =>
  Object.fromEntries(
    Object.entries(edit).filter(([, value]) => value !== undefined),
  ) as Partial<SourceRow>;

/** What decides which versions are wanted, comparable. */
const asksFor = (source: SourceRow) =>
  JSON.stringify([
    source.include,
    source.exclude,
    source.subfolders,
    source.minBytes,
    source.maxBytes,
    source.maxAgeDays,
  ]);
