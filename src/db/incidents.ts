import { sql, type SQL } from "drizzle-orm";
import type { IncidentKind, IncidentNews } from "../core/incident.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

/** An incident that was opened or closed, as the log tells of it. */
export interface Turned {
  id: string;
  kind: IncidentKind;
  subject: string;
  accountId: string | null;
  sourceId: string | null;
}

const TURNED = sql`id::text, kind, subject, account_id as "accountId", source_id as "sourceId"`;

/** Opens them, or brings the open ones up to date where anything differs. */
const opening = (news: readonly IncidentNews[]): SQL => sql`
  insert into incidents as i
    (kind, subject, account_id, source_id, message, hint, details, opened_at)
  select kind, subject, "accountId", "sourceId", message, hint, coalesce(details, '{}'),
    coalesce(since, now())
  from json_to_recordset(${records(news)}) as news(kind text, subject text, "accountId" uuid,
    "sourceId" uuid, message text, hint text, details jsonb, since timestamptz)
  on conflict (kind, subject) where closed_at is null do update
    set message = excluded.message, hint = excluded.hint, details = excluded.details
    where (i.message, i.hint, i.details)
      is distinct from (excluded.message, excluded.hint, excluded.details)
  returning ${TURNED}, xmax = 0 as fresh`;

/**
 * Opens an incident, in the transaction that found the reason for it. While one of this kind and
 * subject is open, another call brings its message, hint and details up to date and keeps the time
 * at which it was opened; an equal one writes nothing. True when it was not open before: the
 * caller then says so in the log, after its commit.
 */
export async function openIncident(db: Queryable, news: IncidentNews): Promise<boolean> {
  const [row] = await rows<{ fresh: boolean }>(db, opening([news]));
  return row?.fresh ?? false;
}

/** Closes what is open of this kind and subject. True when something was; again, nothing changes. */
export async function closeIncident(
  db: Queryable,
  kind: IncidentKind,
  subject: string,
): Promise<boolean> {
  const closed = await rows(
    db,
    sql`
      update incidents set closed_at = now()
      where kind = ${kind} and subject = ${subject} and closed_at is null
      returning id`,
  );
  return closed.length > 0;
}

/**
 * Makes what is open of these kinds exactly what was found: opens what is new, brings the rest up to
 * date, closes what was not found any more. One statement; again with the same, nothing is written.
 */
export async function settleIncidents(
  db: Queryable,
  kinds: readonly IncidentKind[],
  found: readonly IncidentNews[],
): Promise<{ opened: Turned[]; closed: Turned[] }> {
  const turned = await rows<Turned & { fresh: boolean | null }>(
    db,
    sql`
      with opened as (${opening(found)}),
      closed as (
        update incidents i set closed_at = now()
        where closed_at is null and kind = any(${texts(kinds)})
          and (kind, subject) not in (
            select found.kind, found.subject
            from json_to_recordset(${records(found)}) as found(kind text, subject text))
        returning ${TURNED})
      select *, null::boolean as fresh from closed
      union all select * from opened where fresh`,
  );
  const opened = turned.filter(({ fresh }) => fresh);
  return { opened, closed: turned.filter(({ fresh }) => !fresh) };
}

/**
 * Closes an incident whose kind is among these because a person knows of it; what it told of is not told again.
 * Again, nothing changes. Undefined when there is no such incident, false when it is of another kind.
 */
export async function acknowledgeIncident(
  db: Queryable,
  id: number,
  kinds: readonly IncidentKind[],
): Promise<boolean | undefined> {
  const [row] = await rows<{ kind: IncidentKind }>(
    db,
    sql`select kind from incidents where id = ${id}::bigint`,
  );
  if (!row || !kinds.includes(row.kind)) return row && false;
  await db.execute(sql`
    update incidents set closed_at = coalesce(closed_at, now()), acknowledged_at = now()
    where id = ${id}::bigint and acknowledged_at is null`);
  return true;
}

/** Closes what is open for webhooks that were made anew or are not wanted any more. */
export async function closeMendedWebhooks(db: Queryable): Promise<Turned[]> {
  return rows(
    db,
    sql`
      update incidents i set closed_at = now()
      where kind = 'webhook_gone' and closed_at is null and not exists (select from webhooks w
        where w.id::text = i.subject and w.state in ('wanted', 'polled'))
      returning ${TURNED}`,
  );
}
