import { inArray, max, sql } from "drizzle-orm";
import type { Queryable } from "./open.ts";
import { objects } from "./schema.ts";

export interface ObjectCounts {
  stored: number;
  pending: number;
  waiting: number;
  givenUp: number;
  withdrawn: number;
  storedBytes: number;
  /** In whatever state but withdrawn, those whose path does not fit the source's template. */
  misfits: number;
}

/** What a source has before anything was found in it. */
export const NO_OBJECTS: ObjectCounts = {
  stored: 0,
  pending: 0,
  waiting: 0,
  givenUp: 0,
  withdrawn: 0,
  storedBytes: 0,
  misfits: 0,
};

/**
 * How many objects each source has, by state, and when the last one was stored: one grouped reading
 * for all of them. A source without any is absent.
 */
export async function countObjects(db: Queryable, ids: string[]) {
  const found = await db
    .select({
      sourceId: objects.sourceId,
      state: objects.state,
      count: sql<number>`count(*)::int`,
      misfits: sql<number>`count(${objects.misfit})::int`,
      bytes: sql`sum(${objects.storedBytes}) filter (where ${objects.state} = 'stored')`.mapWith(
        Number,
      ),
      lastStoredAt: max(objects.storedAt),
    })
    .from(objects)
    .where(inArray(objects.sourceId, ids))
    .groupBy(objects.sourceId, objects.state);
  const counts = new Map<string, { counts: ObjectCounts; lastStoredAt: Date | undefined }>();
  for (const { sourceId, state, count, misfits, bytes, lastStoredAt } of found) {
    const known = counts.get(sourceId) ?? { counts: { ...NO_OBJECTS }, lastStoredAt: undefined };
    known.counts[state === "given_up" ? "givenUp" : state] = count;
    if (state !== "withdrawn") known.counts.misfits += misfits;
    if (state === "stored") {
      known.counts.storedBytes = bytes;
      known.lastStoredAt = lastStoredAt ?? undefined;
    }
    counts.set(sourceId, known);
  }
  return counts;
}
