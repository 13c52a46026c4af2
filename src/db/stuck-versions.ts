import { type SQL, sql } from "drizzle-orm";
import { UNREADY } from "../core/retry.ts";
import { STANDING } from "./losses.ts";
import { type Queryable, rows } from "./open.ts";

/*
 * Versions that do not reach the lake though nothing of ours failed: Box does not hand out their content, or
 * holds them no more. Read every minute, so each query is cheap while there are none.
 */

/** The objects `o` whose content Box has called not ready for so long that it wants a person. */
export const UNREADY_OBJECTS = sql`(o.state = 'waiting' and o.failure = 'not_ready'
  and o.seen_at < now() - ${UNREADY.afterMs}::int * interval '1 ms' and o.lease >= ${UNREADY.tries}::int)`;

/** What to do about such a one. */
export const UNREADY_HINT =
  "Open the file at Box in a browser. Where Box does not show it there either, upload it again as a new version, or ask Box's support. It is asked for every ten minutes, and stored as soon as Box gives it.";

/** Sources with such objects: how many, one reason of many, and since when the oldest is owed. */
export async function unreadyContent(db: Queryable) {
  return rows<{
    source: string;
    account: string;
    name: string;
    count: number;
    reason: string;
    since: string;
  }>(
    db,
    sql`
      select s.id as source, s.account_id as account, s.name, unready.count::int,
        unready.reason, to_json(unready.since)#>>'{}' as since
      from sources s cross join lateral (
        select count(*) as count, max(o.failure_reason) as reason, min(o.seen_at) as since
        from objects o where o.source_id = s.id and ${UNREADY_OBJECTS}) unready
      where s.state = 'active' and unready.count > 0 order by s.id`,
  );
}

/** Box keeps what is in the trash for 30 days unless an enterprise chose otherwise; later nobody can restore it. */
const TOLD_FOR = sql`interval '30 days'`;

/**
 * True while a person is to be told of what was found gone `at` that time: not for ever, and no more once
 * somebody acknowledged the incident that told of it.
 */
export const isStillTold = (source: SQL, at: SQL): SQL => sql`(${at} > now() - ${TOLD_FOR}
  and not exists (select from incidents i
    where i.kind = 'versions_gone' and i.subject = ${source}::text and i.acknowledged_at is not null
      and (i.details->>'newest')::timestamptz >= ${at}))`;

/** Sources of which versions were gone at Box before they were stored, and that a person is still to be told of. */
export async function goneVersions(db: Queryable) {
  return rows<{
    source: string;
    account: string;
    name: string;
    /** Box shows the file, and holds the version no longer. */
    lost: number;
    /** Box does not show the file. */
    hidden: number;
    since: string;
    newest: string;
  }>(
    db,
    sql`
      with gone as (
        select o.source_id, v.lost_at is not null as is_lost, o.failed_at as at
        from objects o join versions v on v.file_id = o.file_id and v.version_id = o.version_id
        where o.state = 'given_up' and o.failure = 'gone'
          and ${isStillTold(sql`o.source_id`, sql`o.failed_at`)}
        union all
        select l.source_id, true, l.lost_at from ${STANDING.from}
        where l.wanted and ${isStillTold(sql`l.source_id`, sql`l.lost_at`)} and ${STANDING.where})
      select s.id as source, s.account_id as account, s.name,
        (count(*) filter (where is_lost))::int as lost,
        (count(*) filter (where not is_lost))::int as hidden,
        to_json(min(at))#>>'{}' as since, to_json(max(at))#>>'{}' as newest
      from gone join sources s on s.id = gone.source_id and s.state <> 'deleted'
      group by s.id order by s.id`,
  );
}
