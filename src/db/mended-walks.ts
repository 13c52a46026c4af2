import { type SQL, sql } from "drizzle-orm";
import { type Queryable, rows } from "./open.ts";

/** The walks `given` that were given up, and whose folder the walk `w` has listed: for a frontier that is not forgotten yet. */
const listedBy = (walk: { id: number }): SQL => sql`
  from walks w join walk_folders listed on listed.walk_id = w.id
  where w.id = ${walk.id}::bigint and given.state = 'given_up'
    and given.account_id = w.account_id and given.folder_id = listed.folder_id`;

const isAnsweredBySameSource = sql`(given.kind = 'backfill' and given.source_id = w.source_id
  and (select history from sources s where s.id = given.source_id) = 'current')`;

/**
 * Asks again for the walks that were given up because their folder was away, which this walk has just listed:
 * those of gaps, and backfills unless it does their work (see `closeAnswered`). It reads few histories, and those read
 * what they need.
 */
export async function askAwayAgain(db: Queryable, walk: { id: number }): Promise<number[]> {
  const again = await rows<{ id: string }>(
    db,
    sql`
      update walks given set asked = given.asked + 1, state = 'due', due_at = now(), attempts = 0
      ${listedBy(walk)} and given.failure in ('not_found', 'forbidden')
        and (given.kind = 'gap' or given.kind = 'backfill' and not coalesce(${isAnsweredBySameSource}, false))
      returning given.id::text`,
  );
  return again.map(({ id }) => Number(id));
}

interface EndingWalk {
  id: number;
  /** By a lease before this one: then its listing began at some time since it was asked for, or since it last ended. */
  started: boolean;
  leasedAt: string;
}

/**
 * Ends what was given up before this listing began and is answered by what it has just listed: sweeps, and what
 * signals asked for, as withdrawn; the backfill of current versions of its own source as done, with what it counted.
 */
export async function closeAnswered(db: Queryable, walk: EndingWalk): Promise<void> {
  const begunSince = sql`greatest(w.created_at, w.finished_at, ${walk.started ? null : walk.leasedAt}::timestamptz)`;
  const answered = sql`${listedBy(walk)} and coalesce(given.failed_at, '-infinity') < ${begunSince}
    and (w.recursive or not given.recursive or given.source_id = w.source_id)`;
  await db.execute(sql`
    update walks given set state = 'withdrawn' ${answered} and given.kind in ('signal', 'sweep')`);
  await db.execute(sql`
    with done as (
      update walks given set state = 'done', started = false, finished_at = now(), failure = null,
        failure_reason = null, hint = null, failed_at = null,
        (listed_files, listed_folders, listed_bytes, matched, matched_bytes, missing, skipped)
          = (w.listed_files, w.listed_folders, w.listed_bytes, w.matched, w.matched_bytes,
            given.missing + w.missing, w.skipped)
      ${answered} and ${isAnsweredBySameSource}
      returning given.id)
    delete from walk_folders f using done where f.walk_id = done.id`);
}
