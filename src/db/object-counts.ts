import { inArray, max, ne, sql, sum } from "drizzle-orm";
import type { Queryable } from "./open.ts";
import { objectTallies } from "./schema.ts";

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
 * How many objects each source has, by state, and when the last one was stored: the sums of its tallies,
 * which are those of its objects. A source without any is absent.
 */
export async function countObjects(db: Queryable, ids: string[]) {
  const found = await db
    .select({
      sourceId: objectTallies.sourceId,
      state: objectTallies.state,
      count: sum(objectTallies.objects).mapWith(Number),
      misfits: sum(objectTallies.misfits).mapWith(Number),
      bytes: sum(objectTallies.bytes).mapWith(Number),
      lastStoredAt: max(objectTallies.storedAt),
    })
    .from(objectTallies)
    .where(inArray(objectTallies.sourceId, ids))
    .groupBy(objectTallies.sourceId, objectTallies.state)
    .having(ne(sum(objectTallies.objects), "0"));
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

/** What was stored so lately is kept apart: the speed of a backfill is read from it (`stored-lately.ts`). */
const KEPT_APART = sql`interval '20 minutes'`;

/**
 * Adds up the tallies of each source and state, so that there is little to sum. Twice at once each row is taken by
 * one of the two, and whoever reads sees the rows or their sum. Writes nothing where there is one row.
 */
export async function addUpTallies(db: Queryable): Promise<void> {
  await db.execute(sql`
    with old as materialized (
      select ctid as place, source_id, state from object_tallies
      where stored_at is null or stored_at < now() - ${KEPT_APART}),
    taken as (
      delete from object_tallies t where ctid in (
        select place from old where (source_id, state) in (
          select source_id, state from old group by source_id, state having count(*) > 1))
      returning *)
    insert into object_tallies (source_id, state, stored_at, objects, bytes, misfits)
    select source_id, state, max(stored_at), sum(objects), sum(bytes), sum(misfits)
    from taken group by source_id, state
    having sum(objects) <> 0 or sum(bytes) <> 0 or sum(misfits) <> 0`);
}
