import { sql } from "drizzle-orm";
import { type Queryable, rows, texts } from "./open.ts";

/** The speed of late is that of a quarter of an hour: steady enough to plan by, and soon over a pause. */
const LATELY = sql`interval '15 minutes'`;

/**
 * How many objects of each source were stored in the last quarter of an hour, or since its newest
 * backfill began if that was later, and the first of them when. A source without any is absent.
 */
export async function storedLately(
  db: Queryable,
  sourceIds: readonly string[],
): Promise<Map<string, { count: number; since: Date }>> {
  const found = await rows<{ id: string; count: number; since: string }>(
    db,
    sql`
      select s.id, o.count, to_json(o.since)#>>'{}' as since
      from unnest(${texts(sourceIds)}::uuid[]) as s(id)
      cross join lateral (
        select max(created_at) as at from walks
        where source_id = s.id and kind = 'backfill') as begun
      cross join lateral (
        select coalesce(sum(objects), 0)::int as count, min(stored_at) as since from object_tallies
        where source_id = s.id and state = 'stored'
          and stored_at > greatest(now() - ${LATELY}, begun.at)) as o
      where o.count > 0`,
  );
  return new Map(found.map(({ id, count, since }) => [id, { count, since: new Date(since) }]));
}
