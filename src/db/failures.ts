import { sql } from "drizzle-orm";
import { LOST_UNREAD, STANDING } from "./losses.ts";
import { type Queryable, rows } from "./open.ts";
import { isStillTold, UNREADY_HINT, UNREADY_OBJECTS } from "./stuck-versions.ts";

/** What can fail: tasks, and versions that were lost. */
export const FAILURES_OF = [
  "store_version",
  "lost_version",
  "sync_file",
  "walk_folder",
  "reconcile",
  "keep_webhooks",
] as const;
export type FailureOf = (typeof FAILURES_OF)[number];

/** One piece of work that a person must look at. */
export interface FailureRow {
  /** `<kind>:<row>`; what a replay names. */
  id: string;
  kind: FailureOf;
  accountId: string;
  sourceId: string | null;
  /** What the work is about, in words: an object's path, a file, a folder, a stream. */
  subject: string;
  reason: string;
  hint: string | null;
  attempts: number;
  at: string;
}

/** A pass or a webhook that fails once mends itself next time; so many in a row want a look. */
const WORTH_A_LOOK = 3;

export interface FailureFilter {
  kind?: FailureOf | undefined;
  sourceId?: string | undefined;
  accountId?: string | undefined;
  /** Only these. */
  ids?: readonly string[] | undefined;
  /** Those before this one, newest first. */
  after?: { at: string; id: string } | undefined;
  limit: number;
}

/**
 * What was given up, what Box does not hand out, and what fails again and again, newest first. What is gone at
 * Box is among it as long as a person is to be told of that.
 */
export async function listFailures(db: Queryable, filter: FailureFilter): Promise<FailureRow[]> {
  const { kind, sourceId, accountId, ids, after } = filter;
  return rows(
    db,
    sql`
      with failures as (
        select 'store_version:' || o.id as id, 'store_version' as kind, s.account_id, o.source_id,
          o.path as subject, o.failure_reason as reason, o.hint, o.attempts, o.failed_at
        from objects o join sources s on s.id = o.source_id where o.state = 'given_up'
          and (o.failure is distinct from 'gone' or ${isStillTold(sql`o.source_id`, sql`o.failed_at`)})
        union all
        select 'store_version:' || o.id, 'store_version', s.account_id, o.source_id, o.path,
          o.failure_reason, ${UNREADY_HINT}, o.lease, o.failed_at
        from objects o join sources s on s.id = o.source_id and s.state <> 'deleted'
        where ${UNREADY_OBJECTS}
        union all
        select 'lost_version:' || l.id, 'lost_version', s.account_id, l.source_id, l.path,
          ${LOST_UNREAD.reason}, ${LOST_UNREAD.hint}, 1, l.lost_at
        from ${STANDING.from} join sources s on s.id = l.source_id and s.state <> 'deleted'
        where l.wanted and ${isStillTold(sql`l.source_id`, sql`l.lost_at`)} and ${STANDING.where}
        union all
        select 'sync_file:' || c.id, 'sync_file', c.account_id, null, 'file ' || c.file_id,
          c.failure_reason, c.hint, c.attempts, c.failed_at
        from checks c where c.state = 'given_up'
        union all
        select 'walk_folder:' || w.id, 'walk_folder', w.account_id, w.source_id,
          'folder ' || w.folder_id, w.failure_reason, w.hint, w.attempts, w.failed_at
        from walks w where w.state = 'given_up'
        union all
        -- One for an account that reads two streams: a replay reads both.
        (select distinct on (p.account_id) 'reconcile:' || p.account_id, 'reconcile', p.account_id,
          null::uuid, 'event stream ' || p.stream, p.failure_reason, p.hint, p.attempts, p.failed_at
        from positions p join accounts a on a.id = p.account_id
        where p.failed_at is not null and a.state <> 'deleted'
          and (p.attempts >= ${WORTH_A_LOOK}::int or p.failure <> 'transient')
        order by p.account_id, p.attempts desc)
        union all
        select 'keep_webhooks:' || h.id, 'keep_webhooks', h.account_id, null,
          'webhook on folder ' || h.folder_id, h.reason, h.hint, h.attempts, h.checked_at
        from webhooks h where h.state <> 'polled' and h.attempts >= ${WORTH_A_LOOK}::int)
      select id, kind, account_id as "accountId", source_id as "sourceId", subject,
        coalesce(reason, 'unknown') as reason, hint, attempts,
        to_json(failed_at)#>>'{}' as at
      from failures
      where (${kind ?? null}::text is null or kind = ${kind ?? null})
        and (${sourceId ?? null}::uuid is null or source_id = ${sourceId ?? null}::uuid)
        and (${accountId ?? null}::uuid is null or account_id = ${accountId ?? null}::uuid)
        and (${ids === undefined}::boolean or id in (
          select json_array_elements_text(${JSON.stringify(ids ?? [])}::json)))
        and (${after === undefined}::boolean
          or (failed_at, id) < (${after?.at ?? null}::timestamptz, ${after?.id ?? null}::text))
      order by failed_at desc, id desc limit ${filter.limit}::int`,
  );
}
