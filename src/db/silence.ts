import { type SQL, sql } from "drizzle-orm";
import { OBJECTS_OF_EACH } from "./facts.ts";
import { type Queryable, rows, texts } from "./open.ts";

/** Box's deliveries come within seconds, and it tries again after minutes: younger versions prove nothing. */
const LATE = sql`interval '10 minutes'`;
const WINDOW = sql`interval '24 hours'`;
/** Our clock and Box's may differ by so much when a version is compared with what we did. */
const SKEW = sql`interval '1 minute'`;
/** Judged by so many of the newest: a busy webhook is missed within minutes, a quiet one within a day. */
const JUDGED_BY = 20;
/** Fewer missing are an accident, and a folder with so few versions a day is served well by the minute's pass. */
const FEWEST_MISSING = 3;

export interface HeldAgainst {
  hook: string;
  account: string;
  folder: string;
  source: string | null;
  heardAt: string | null;
  /** What its open incident says, and whether it delivered since that was opened. */
  open: { message: string; hint: string | null; details: Record<string, unknown> } | null;
  isHeardAgain: boolean;
  /** Of the newest versions that it should have delivered since it was last made, or silent. */
  expected: number;
  missing: number;
  /** So much is missing that it does not do its work. */
  isSilent: boolean;
  /** Box delivers only that something happened: the session of whoever made it has ended. */
  isMute: boolean;
}

/** Registered webhooks, each with its open incident, and since when anything may be held against it. */
const HOOKS = sql`
  select w.id, w.account_id, w.folder_id, w.box_webhook_id, w.heard_at,
    open.opened_at as silent_since, case when open.id is not null then
      json_build_object('message', open.message, 'hint', open.hint, 'details', open.details)
    end as open,
    greatest(now() - ${WINDOW}, (select max(coalesce(i.closed_at, i.opened_at)) from incidents i
      where i.kind in ('webhook_silent', 'webhook_gone') and i.subject = w.id::text)) as since
  from webhooks w join accounts a on a.id = w.account_id and a.state = 'linked'
  left join incidents open on open.kind = 'webhook_silent' and open.subject = w.id::text
    and open.closed_at is null
  where w.state = 'registered'`;

/** The versions of these that no webhook delivered, and that no promote explains. */
const isMissing = sql`v.webhook_at is null and (v.events_at is not null or o.swept_by is not null)
  and v.sha1 <> all(array(select like_it.sha1 from versions like_it
    where like_it.file_id = v.file_id and like_it.version_id <> v.version_id))`;

/**
 * Versions made at Box in the folders of `hooks`, each once a webhook: `of` the versions, those `where`. The
 * new versions are found first, by themselves: they are few among what a backfill brings in a day.
 */
const made = (of: SQL, where: SQL) => sql`
  select distinct h.id as hook, v.file_id, v.version_id, v.seen_at, v.webhook_at
  from (select * from versions v
    where v.seen_at between now() - ${WINDOW} and now() - ${LATE}
      and v.created_at > now() - ${WINDOW} and ${of} offset 0) v
  cross join lateral (${OBJECTS_OF_EACH}) o
  join sources s on s.id = o.source_id and s.state <> 'deleted'
  join hooks h on h.account_id = s.account_id and h.folder_id = s.folder_id
  where v.created_at > greatest(h.since, s.created_at) + ${SKEW} and ${where}`;

/** Those of a webhook that say only that something happened. */
const MUTE = sql`
  select account_id, webhook_id, max(received_at) as at from deliveries
  where received_at > now() - interval '30 minutes' and trigger = 'NO_ACTIVE_SESSION'
  group by account_id, webhook_id`;

/**
 * What the other doors hold against registered webhooks: versions made at Box in the folder that
 * events told of, or only a sweep found, and that it never delivered. A version with the bytes of
 * another of its file may have been promoted, which no webhook tells. What lies before the webhook
 * was made anew, or before it was last found silent, is not held against it again. Those against
 * which there is nothing, and what they delivered, are not read further.
 */
export async function heldAgainstWebhooks(db: Queryable): Promise<HeldAgainst[]> {
  const suspects = await rows<{ id: string }>(
    db,
    sql`
      with hooks as materialized (${HOOKS}), missing as (${made(sql`v.webhook_at is null`, isMissing)}), mute as (${MUTE})
      select h.id from hooks h
      where h.silent_since is not null
        or h.id in (select hook from missing group by hook having count(*) >= ${FEWEST_MISSING}::int)
        or (h.account_id, h.box_webhook_id) in (select account_id, webhook_id from mute)`,
  );
  if (suspects.length === 0) return [];
  return judge(
    db,
    suspects.map(({ id }) => id),
  );
}

async function judge(db: Queryable, suspects: readonly string[]): Promise<HeldAgainst[]> {
  return rows(
    db,
    sql`
      with hooks as materialized (${HOOKS} and w.id = any(${texts(suspects)}::uuid[])),
      newest as (
        select *, row_number() over (partition by hook order by seen_at desc) as place
        from (${made(sql`true`, sql`(v.webhook_at is not null or ${isMissing})`)}) expected),
      judged as (
        select hook, count(*)::int as expected,
          count(*) filter (where webhook_at is null)::int as missing
        from newest where place <= ${JUDGED_BY}::int group by hook),
      mute as (${MUTE})
      select h.id as hook, h.account_id as account, h.folder_id as folder,
        (select s.id from sources s where s.account_id = h.account_id
          and s.folder_id = h.folder_id and s.state <> 'deleted' order by s.created_at limit 1) as source,
        to_json(h.heard_at)#>>'{}' as "heardAt", h.open,
        coalesce(h.heard_at > h.silent_since, false) as "isHeardAgain",
        coalesce(j.expected, 0) as expected, coalesce(j.missing, 0) as missing,
        coalesce(j.missing >= ${FEWEST_MISSING}::int and j.missing * 2 >= j.expected, false) as "isSilent",
        coalesce(m.at > coalesce(h.heard_at, '-infinity'), false) as "isMute"
      from hooks h left join judged j on j.hook = h.id
      left join mute m on m.account_id = h.account_id and m.webhook_id = h.box_webhook_id
      order by h.id`,
  );
}

/**
 * Makes silent webhooks due to be compared with Box: at once when they are found so, and every half
 * hour while that lasts. True when any is due by that.
 */
export async function lookAtSilent(db: Queryable): Promise<boolean> {
  const due = await rows(
    db,
    sql`
      update webhooks set due_at = now() where id in (
        select w.id from webhooks w join incidents i on i.kind = 'webhook_silent'
          and i.subject = w.id::text and i.closed_at is null
        where w.due_at > now() and (w.checked_at is null or w.checked_at < i.opened_at
          or w.checked_at < now() - interval '30 minutes')
        order by w.id for update of w)
      returning id`,
  );
  return due.length > 0;
}
