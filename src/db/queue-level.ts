import { sql } from "drizzle-orm";
import { type Queryable, rows } from "./open.ts";

/** So many objects of a source go to the lake before another source has its turn. */
const LEVEL_OBJECTS = 100;

/** The queue's priorities are smallint; beyond, sources are served in the order they came. */
const LAST_PRIORITY = 32_767;

/** The level of a walk's last object: kept as what its count of missing objects does not tell. */
export const LEVEL_REACHED = sql`least(${LAST_PRIORITY}::bigint, level + missing / ${LEVEL_OBJECTS}::int)`;

/** Where the objects that a walk finds next stand in the queue. */
export interface QueuePlace {
  /** Of the first of them. */
  level: number;
  /** How many the walk has put into that level already. */
  taken: number;
}

/**
 * Start-time fair queueing: a source that waits goes on behind its own last object, one that has
 * nothing waiting begins where the queue is being served now. So a source that comes late has its
 * turn at once, and one that is large never gains by being early. Reads one row by an index each.
 */
export async function queuePlace(db: Queryable, walkId: number, band: number) {
  const [row] = await rows<QueuePlace>(
    db,
    sql`
      select greatest(
          case when exists (select from objects o
              where o.source_id = w.source_id and o.state = 'pending')
            then ${LEVEL_REACHED} else 0 end,
          (select priority - ${band}::int from graphile_worker._private_jobs
            where is_available and priority >= ${band}::int and run_at <= now()
              and task_id in (select id from graphile_worker._private_tasks
                where identifier in ('store_version', 'sync_file'))
            order by priority limit 1))::int as level,
        (w.missing % ${LEVEL_OBJECTS}::int)::int as taken
      from walks w where w.id = ${walkId}::bigint`,
  );
  return row ?? { level: 0, taken: 0 };
}

/** The priority of the nth object found from a place on. */
export const priorityAt = (band: number, { level, taken }: QueuePlace, nth: number): number =>
  Math.min(band + level + Math.floor((taken + nth) / LEVEL_OBJECTS), LAST_PRIORITY);

/** What a walk keeps, beside the count of what it found missing, to go on from its place. */
export const keptLevel = (place: QueuePlace) =>
  sql`greatest(-32768, ${place.level}::int - missing / ${LEVEL_OBJECTS}::int)`;
