import { sql } from "drizzle-orm";
import { BACKFILL_SHARE } from "../core/purse.ts";
import { type Queryable, rows } from "./open.ts";

/*
 * What tells that something wants a person: states of rows, read every minute. Each query is made to
 * be cheap while all is well, whatever the number of rows.
 */

/** Accounts whose credentials Box refuses. */
export async function refusedAccounts(db: Queryable) {
  return rows<{
    account: string;
    name: string;
    authKind: "ccg" | "jwt" | "oauth" | "developerToken";
    reason: string | null;
    since: string;
  }>(
    db,
    sql`
      select id as account, name, auth_kind as "authKind", reason, to_json(state_since)#>>'{}' as since
      from accounts where state = 'needs_relogin' order by id`,
  );
}

/** Sources whose folder Box does not show or open any more: the last walk of it was given up. */
export async function unreachableSources(db: Queryable) {
  return rows<{
    source: string;
    account: string;
    name: string;
    folder: string;
    reason: string;
    hint: string | null;
    since: string;
  }>(
    db,
    sql`
      select distinct on (s.id) s.id as source, s.account_id as account, s.name,
        s.folder_id as folder, coalesce(w.failure_reason, 'unknown') as reason, w.hint,
        to_json(w.failed_at)#>>'{}' as since
      from walks w join sources s on s.id = w.source_id and s.state <> 'deleted'
      where w.state = 'given_up' and w.failure in ('not_found', 'forbidden')
        and not exists (select from walks later where later.source_id = w.source_id
          and later.state = 'done' and later.finished_at > w.failed_at)
      order by s.id, w.failed_at desc`,
  );
}

/** Box asks for seconds as a rule. */
const LONG_PAUSE = sql`interval '5 minutes'`;

/** Budgets that have no calls left for some or all work, with an account that they serve. */
export async function spentBudgets(db: Queryable) {
  return rows<{
    user: string;
    account: string;
    login: string | null;
    used: number;
    limit: number | null;
    pausedUntil: string | null;
  }>(
    db,
    sql`
      select b.box_user_id as user, a.id as account, a.box_login as login, f.used,
        b.calls_per_month::float8 as limit,
        case when b.paused_until > now() + ${LONG_PAUSE}
          then to_json(b.paused_until)#>>'{}' end as "pausedUntil"
      from budgets b
      join lateral (select id, box_login from accounts
        where box_user_id = b.box_user_id and state <> 'deleted' order by created_at limit 1) a on true
      join lateral (select case when b.month = date_trunc('month', now() at time zone 'UTC')::date
        then b.used_in_month else 0 end::float8 as used) f on true
      where b.paused_until > now() + ${LONG_PAUSE}
        or f.used >= b.calls_per_month * ${BACKFILL_SHARE}::float8
      order by 1`,
  );
}

export interface GivenUp {
  account: string;
  /** Null for what belongs to an account as a whole: checks of files, and walks that a signal asked for. */
  source: string | null;
  /** The source's name, or the account's. */
  name: string;
  work: "versions" | "walks" | "checks";
  failure: string;
  count: number;
  since: string;
}

/** How much was given up, by source or account, work and failure; but for what is gone, of which db/stuck-versions.ts tells. */
export async function givenUp(db: Queryable) {
  return rows<GivenUp>(
    db,
    sql`
      with given_up as (
        select source_id, null::uuid as account_id, 'versions' as work, failure, count(*) as count,
          min(failed_at) as since
        from objects where state = 'given_up' and failure is distinct from 'gone'
        group by source_id, failure
        union all
        select source_id, account_id, 'walks', failure, count(*), min(failed_at)
        from walks where state = 'given_up'
          and not (source_id is not null and failure in ('not_found', 'forbidden'))
        group by source_id, account_id, failure
        union all
        select null, account_id, 'checks', failure, count(*), min(failed_at)
        from checks where state = 'given_up' group by account_id, failure)
      select a.id as account, s.id as source, coalesce(s.name, a.name) as name, g.work,
        coalesce(g.failure, 'unknown') as failure, g.count::int as count,
        to_json(g.since)#>>'{}' as since
      from given_up g left join sources s on s.id = g.source_id
      join accounts a on a.id = coalesce(s.account_id, g.account_id) and a.state <> 'deleted'
      where s.id is null or s.state <> 'deleted'
      order by a.id, s.id, g.count desc, g.failure`,
  );
}

/** The lake is asked again every minute while it refuses: later, nothing says that it still does. */
const STILL_BLOCKED = sql`interval '5 minutes'`;

/** Buckets that refuse us as a whole, null the configured one; with one reason of many. */
export async function blockedLakes(db: Queryable) {
  return rows<{ bucket: string | null; reason: string | null; hint: string | null; since: string }>(
    db,
    sql`
      select distinct on (s.bucket) s.bucket, o.failure_reason as reason, o.hint,
        to_json(o.failed_at)#>>'{}' as since
      from sources s cross join lateral (
        select failure_reason, hint, failed_at from objects
        where source_id = s.id and state = 'waiting' and failure = 'blocked'
          and failed_at > now() - ${STILL_BLOCKED}
        limit 1) o
      where s.state = 'active' order by s.bucket, o.failed_at`,
  );
}

/** So many in an hour are no accident: one odd thing is shown among the deliveries and in the log. */
const MANY_ODD = 3;

/** Accounts of which Box says what we cannot read, in the last hour. */
export async function unreadableSignals(db: Queryable) {
  return rows<{ account: string; name: string; deliveries: number; events: number }>(
    db,
    sql`
      with odd as (
        select account_id, 1 as delivery, 0 as event from deliveries
        where received_at > now() - interval '1 hour' and (outcome = 'unreadable'
          or outcome = 'noted' and trigger not in ('WEBHOOK.DELETED', 'NO_ACTIVE_SESSION'))
        union all
        select account_id, 0, 1 from events
        where seen_at > now() - interval '1 hour' and odd is not null)
      select a.id as account, a.name, sum(delivery)::int as deliveries, sum(event)::int as events
      from odd join accounts a on a.id = odd.account_id and a.state <> 'deleted'
      group by a.id having count(*) >= ${MANY_ODD}::int order by a.id`,
  );
}

/** Box's limit of an application and user: https://developer.box.com/guides/webhooks/v2/limitations-v2/ */
export const MOST_WEBHOOKS = 1000;
const NEAR = 0.9;

/**
 * Box users with so many webhooks of ours that the next sources may get none. All of a user's
 * accounts are counted together, though Box counts each application's apart: we do not know which
 * accounts share one.
 */
export async function webhooksNearLimit(db: Queryable) {
  return rows<{ user: string; account: string; login: string | null; webhooks: number }>(
    db,
    sql`
      select a.box_user_id as user, min(a.id::text) as account, min(a.box_login) as login,
        count(*)::int as webhooks
      from webhooks w join accounts a on a.id = w.account_id
      where w.state = 'registered' group by a.box_user_id
      having count(*) >= ${MOST_WEBHOOKS * NEAR}::int order by 1`,
  );
}
