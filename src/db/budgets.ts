import { sql } from "drizzle-orm";
import type { Urgency } from "../core/purse.ts";
import { type Queryable, rows } from "./open.ts";

/**
 * A limit of 1,000 a minute is 1,000 in any 60 seconds, so the even pace stays below it by what may
 * come on top: the calls saved up while nobody calls (2 %), and those made or met by Box a little later than
 * they were leased for (2 %, which is 1.2 s). The saved ones serve news at once; the backfill must
 * leave half of them alone, so that it stands back as soon as news uses them up.
 */
const SAVED = 0.02;
const SPARE = 0.02;
const RESERVED = 0.5;

/** A lease is for so long at most: longer ones would make the other processes and the news wait. */
const BATCH_MS = 250;

/** Nothing is leased that would be due later than this: by then there may be news, or a 429. */
const AHEAD_MS = 2_000;

/** Of the month's calls the backfill leaves so many alone. */
const MONTH_RESERVED = 0.1;

/** A 429 takes a fifth of the pace, down to a quarter of the setting; it comes back at 5 % a minute. */
const EASED = 0.8;
const LEAST_SHARE = 0.25;
const REGAINED_A_MINUTE = 0.05;

/** Objects of this priority and later ones are a backfill's. */
const BACKFILL_PRIORITY = 10;

/** Refusals so soon after another are the same one: calls that were under way together. */
const SAME_REFUSAL_MS = 10_000;

const ms = (value: number) => sql`(${value}::float8 * interval '1 ms')`;

/** What part of the setting Box bears by now. */
const BEARABLE = sql`least(1, share + ${REGAINED_A_MINUTE}::float8
  * coalesce(extract(epoch from clock_timestamp() - throttled_at)::float8 / 60, 0))`;

const THIS_MINUTE = sql`date_trunc('minute', clock_timestamp())`;
const THIS_MONTH = sql`date_trunc('month', clock_timestamp() at time zone 'UTC')::date`;
const USED_IN_MINUTE = sql`case when minute = ${THIS_MINUTE} then used_in_minute else 0 end`;
const USED_IN_MONTH = sql`case when month = ${THIS_MONTH} then used_in_month else 0 end`;

export interface Ask {
  boxUserId: string;
  urgency: Urgency;
  /** As many as could be used; fewer may be granted. */
  count: number;
  /** Calls of earlier leases that were not made: they are not counted as used. */
  unspent: number;
  /** Where the budget has no setting of its own. */
  callsPerMinute: number;
}

export type Leased =
  | { granted: number; startsInMs: number; everyMs: number }
  | { granted: 0; waitMs: number; why: "crowded" | "paused" | "month" };

/**
 * Leases calls for one process in one statement: the next `granted` of the budget's even pace, the
 * first due in `startsInMs` (negative: at once), the rest `everyMs` apart. No two leases share a
 * call, whatever the number of processes. When there is none now, says how long to wait and why.
 */
export async function leaseCalls(db: Queryable, ask: Ask): Promise<Leased> {
  const [found] = await lease(db, ask);
  if (found) return found;
  const { boxUserId } = ask;
  await db.execute(sql`
    insert into budgets (box_user_id) values (${boxUserId}) on conflict do nothing`);
  const [first] = await lease(db, ask);
  if (!first) throw new Error("bug: a budget that was just made is not there");
  return first;
}

async function lease(db: Queryable, ask: Ask): Promise<Leased[]> {
  const { boxUserId, urgency, count, unspent, callsPerMinute } = ask;
  const backfill = urgency === "backfill";
  const month = backfill ? 1 - MONTH_RESERVED : 1;
  const found = await rows<{
    granted: number;
    startsInMs: number;
    everyMs: number;
    waitMs: number | null;
    why: "crowded" | "paused" | "month" | null;
  }>(
    db,
    sql`
      with held as (
        select *, clock_timestamp() as at, ${USED_IN_MONTH} as used,
          coalesce(calls_per_minute, ${callsPerMinute}::int) * ${BEARABLE} as allowed
        from budgets where box_user_id = ${boxUserId} for update),
      sized as (
        select *, ceil(allowed * ${SAVED}::float8) as saved, ceil(allowed * ${SPARE}::float8) as spare
        from held),
      paced as (
        select *, allowed - saved - spare as pace, 60000 / (allowed - saved - spare) as every_ms
        from sized),
      due as (
        select *, greatest(next_at, at - saved * every_ms * interval '1 ms') as first_at,
          ${backfill ? RESERVED : 0}::float8 * saved * every_ms as behind_ms
        from paced),
      timed as (
        select *, extract(epoch from first_at - at)::float8 * 1000 + behind_ms as starts_in_ms from due),
      judged as (
        select *, case
          when paused_until > at then 'paused'
          when used >= calls_per_month * ${month}::float8 then 'month'
          when starts_in_ms > ${AHEAD_MS}::float8 then 'crowded' end as why
        from timed),
      granted as (
        select *, case when why is null
          then least(${count}::int, greatest(1, floor(pace * ${BATCH_MS / 60_000}::float8)))::int
          else 0 end as granted
        from judged)
      update budgets b set
        next_at = case when g.granted > 0
          then g.first_at + g.granted * g.every_ms * interval '1 ms' else b.next_at end,
        minute = ${THIS_MINUTE}, month = ${THIS_MONTH},
        used_in_minute = greatest(0, g.granted - ${unspent}::int + case
          when b.minute = ${THIS_MINUTE} then b.used_in_minute else 0 end),
        used_in_month = greatest(0, g.granted - ${unspent}::int + g.used)
      from granted g where b.box_user_id = g.box_user_id
      returning g.granted, g.starts_in_ms as "startsInMs", g.every_ms as "everyMs", g.why, case g.why
        when 'paused' then extract(epoch from g.paused_until - g.at)::float8 * 1000
        when 'month' then extract(epoch from (${THIS_MONTH} + interval '1 month')
          at time zone 'UTC' - g.at)::float8 * 1000
        when 'crowded' then g.starts_in_ms - ${AHEAD_MS}::float8 end as "waitMs"`,
  );
  return found.map(({ granted, startsInMs, everyMs, waitMs, why }) =>
    why === null ? { granted, startsInMs, everyMs } : { granted: 0, waitMs: waitMs ?? 0, why },
  );
}

/**
 * Box answered 429: nobody of any process calls until `waitMs` from now, and from then on the pace
 * is lower for a while. Refusals that come together lower it once.
 */
export async function easeBudget(db: Queryable, boxUserId: string, waitMs: number): Promise<void> {
  await db.execute(sql`
    update budgets set
      paused_until = greatest(paused_until, now() + ${ms(waitMs)}),
      next_at = greatest(next_at, now() + ${ms(waitMs)}),
      share = case when throttled_at > now() - ${ms(SAME_REFUSAL_MS)} then share
        else greatest(${LEAST_SHARE}::float8, ${EASED}::float8 * ${BEARABLE}) end,
      throttled_at = now()
    where box_user_id = ${boxUserId}`);
}

export interface BudgetFigures {
  callsPerMinute: number;
  /** Of this minute by the clock; 0 while Box has asked us to wait. */
  leftThisMinute: number;
  usedThisMonth: number;
  /** Null: counted, not limited. */
  callsPerMonth: number | null;
  pausedUntil: Date | null;
}

/** What Box users' budgets are and what is left of them; a user without one has asked nothing yet. */
export async function budgetFigures(
  db: Queryable,
  boxUserIds: readonly string[],
  callsPerMinute: number,
): Promise<Map<string, BudgetFigures>> {
  const found = await rows<
    Omit<BudgetFigures, "pausedUntil"> & { id: string; paused: string | null }
  >(
    db,
    sql`
      with asked as (select distinct json_array_elements_text(${JSON.stringify(boxUserIds)}::json) as id)
      select id, coalesce(calls_per_minute, ${callsPerMinute}::int) as "callsPerMinute",
        case when paused_until > now() then 0 else greatest(0, coalesce(calls_per_minute,
          ${callsPerMinute}::int) - coalesce(${USED_IN_MINUTE}, 0)) end as "leftThisMinute",
        coalesce(${USED_IN_MONTH}, 0)::float8 as "usedThisMonth",
        calls_per_month as "callsPerMonth",
        case when paused_until > now() then paused_until end as paused
      from asked left join budgets on box_user_id = id`,
  );
  return new Map(
    found.map(({ id, paused, ...figures }) => [
      id,
      { ...figures, pausedUntil: paused === null ? null : new Date(paused) },
    ]),
  );
}

/** The same of every account that is not deleted. */
export async function budgetsOfAccounts(db: Queryable, callsPerMinute: number) {
  const linked = await rows<{ account: string; user: string }>(
    db,
    sql`select id as account, box_user_id as "user" from accounts where state <> 'deleted'`,
  );
  const users = linked.map(({ user }) => user);
  const figures = await budgetFigures(db, users, callsPerMinute);
  return linked.flatMap(({ account, user }) => {
    const found = figures.get(user);
    return found ? [{ account, ...found }] : [];
  });
}

/** What backfills and sweeps of a Box user have still to do, as far as is known by now. */
export interface BackfillOwed {
  versions: number;
  /** One for a version, at least one for a folder, two for a history. */
  calls: number;
}

export async function backfillOwed(db: Queryable, boxUserId: string): Promise<BackfillOwed> {
  const [row] = await rows<{ versions: number; folders: number; histories: number }>(
    db,
    sql`
      with own as (select id from accounts where box_user_id = ${boxUserId} and state <> 'deleted')
      select (select count(*)::int from objects o
          join sources s on s.id = o.source_id and s.state = 'active'
            and s.account_id in (select id from own)
          where o.state in ('pending', 'waiting')
            and o.priority >= ${BACKFILL_PRIORITY}::int) as versions,
        (select count(*)::int from walks w
          join sources s on s.id = w.source_id and s.state = 'active'
            and s.account_id in (select id from own)
          join walk_folders f on f.walk_id = w.id and not f.listed
          where w.state = 'due') as folders,
        (select count(*)::int from checks c
          where c.account_id in (select id from own) and c.state = 'due'
            and c.priority >= ${BACKFILL_PRIORITY}::int) as histories`,
  );
  const { versions, folders, histories } = row ?? { versions: 0, folders: 0, histories: 0 };
  return { versions, calls: versions + folders + 2 * histories };
}

export interface BudgetSetting {
  /** Null: what the configuration says. Undefined: as it was. */
  callsPerMinute?: number | null | undefined;
  callsPerMonth?: number | null | undefined;
}

/** Sets what a Box user may ask; every process goes by it from its next lease on. */
export async function setBudget(
  db: Queryable,
  boxUserId: string,
  { callsPerMinute, callsPerMonth }: BudgetSetting,
): Promise<void> {
  await db.execute(sql`
    insert into budgets as known (box_user_id, calls_per_minute, calls_per_month)
    values (${boxUserId}, ${callsPerMinute ?? null}::int, ${callsPerMonth ?? null}::int)
    on conflict (box_user_id) do update set
      calls_per_minute = case when ${callsPerMinute !== undefined}
        then excluded.calls_per_minute else known.calls_per_minute end,
      calls_per_month = case when ${callsPerMonth !== undefined}
        then excluded.calls_per_month else known.calls_per_month end`);
}
