import { sql } from "drizzle-orm";
import type { SourceId } from "../core/ids.ts";
import { type Queryable, rows } from "./open.ts";

/**
 * Of what may wait, the queue serves the job first whose time is earliest. The nth turn is n seconds
 * after the year 2000: long past, so that its job is due, and room for hundreds of millions.
 */
const FIRST_TURN_MS = Date.UTC(2000, 0);
const TURN_MS = 1000;

/** Later times are not turns: jobs that were put off, or woken by other means. */
const LAST_TURN = new Date(Date.UTC(2020, 0)).toISOString();

/** The turn after that of a walk's last object: kept as what its count of missing objects does not tell. */
export const TURNS_TAKEN = sql`(turn + missing)`;

/**
 * The turn of what a walk finds next missing. Start-time fair queueing, an object at a time: a source
 * that waits goes on behind its own last object, one that has nothing waiting begins where the queue
 * is being served now. So sources take turns whatever came first; one that comes late has its turn at
 * once, one that is large gains nothing by being early, and accounts that wait for their own limits
 * at Box keep no place from each other for long. Reads one row by an index each.
 */
export async function nextTurn(db: Queryable, walkId: number, band: number): Promise<number> {
  const [row] = await rows<{ turn: string }>(
    db,
    sql`
      select greatest(
          case when exists (select from objects o
              where o.source_id = w.source_id and o.state = 'pending')
            then ${TURNS_TAKEN} else 0 end,
          ${servedTurn(band)}) as turn
      from walks w where w.id = ${walkId}::bigint`,
  );
  return Number(row?.turn ?? 0);
}

/**
 * The turn of what a source is owed and is woken anew, all of it: where the queue is being served now.
 * Reads one row by an index.
 */
export async function turnNow(db: Queryable, band: number): Promise<number> {
  const [row] = await rows<{ turn: string | null }>(db, sql`select ${servedTurn(band)} as turn`);
  return Number(row?.turn ?? 0);
}

/** Null while nothing waits. */
const servedTurn = (band: number) => sql`(
  (select extract(epoch from run_at) * 1000 - ${FIRST_TURN_MS}::bigint
    from graphile_worker._private_jobs
    where is_available and priority = ${band}::int and run_at < ${LAST_TURN}::timestamptz
    order by run_at limit 1) / ${TURN_MS}::int)::bigint`;

/** Has what the source's walks under way find next go behind this turn, which something else of it took. */
export async function goOnBehind(db: Queryable, source: SourceId, turn: number): Promise<void> {
  await db.execute(sql`
    update walks set turn = ${keptTurn(turn)}
    where source_id = ${source}::uuid and state = 'due' and ${TURNS_TAKEN} < ${turn}::bigint`);
}

/** When the job of a turn is due, by which the queue knows its place. */
export const timeOfTurn = (turn: number): Date =>
  new Date(Math.min(FIRST_TURN_MS + turn * TURN_MS, Date.parse(LAST_TURN) - 1));

/** What a walk keeps, beside the count of what it found missing, to go on from its turn. */
export const keptTurn = (turn: number) => sql`(${turn}::bigint - missing)`;
