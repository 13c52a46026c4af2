import { sql } from "drizzle-orm";
import { BACKFILL_SHARE, type Urgency } from "../core/purse.ts";
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

/** A 429 takes a fifth of the pace, down to a quarter of the setting; it comes back at 5 % a minute. */
const EASED = 0.8;
const LEAST_SHARE = 0.25;
const REGAINED_A_MINUTE = 0.05;

/** Refusals so soon after another are the same one: calls that were under way together. */
const SAME_REFUSAL_MS = 10_000;

const ms = (value: number) => sql`(${value}::float8 * interval '1 ms')`;

/** What part of the setting Box bears by now. */
const BEARABLE = sql`least(1, share + ${REGAINED_A_MINUTE}::float8
  * coalesce(extract(epoch from clock_timestamp() - throttled_at)::float8 / 60, 0))`;

const THIS_MINUTE = sql`date_trunc('minute', clock_timestamp())`;
const THIS_MONTH = sql`date_trunc('month', clock_timestamp() at time zone 'UTC')::date`;

/** Leased in this minute, and in this month (UTC): a row's counts are of the time that stands beside them. */
export const USED_IN_MINUTE = sql`case when minute = ${THIS_MINUTE} then used_in_minute else 0 end`;
export const USED_IN_MONTH = sql`case when month = ${THIS_MONTH} then used_in_month else 0 end`;

export interface Ask {
  boxUserId: string;
  urgency: Urgency;
  /** As many as could be used; fewer may be granted. */
  count: number;
  /** Calls of earlier leases that were not made: they are counted as used no more. */
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
 * call, whatever the number of processes. When there is none now, says how long to wait and why: for
 * others' calls (`crowded`), for Box (`paused`), or for next month. A user who has no budget yet is
 * given one, without a setting of its own.
 */
export async function leaseCalls(db: Queryable, ask: Ask): Promise<Leased> {
  const [found] = await leaseOf(db, ask);
  if (found) return found;
  const { boxUserId } = ask;
  await db.execute(sql`
    insert into budgets (box_user_id) values (${boxUserId}) on conflict do nothing`);
  const [first] = await leaseOf(db, ask);
  if (!first) throw new Error("bug: a budget that was just made is not there");
  return first;
}

/** Leases none, and takes what was not made of earlier leases from what is counted as used. */
export async function returnCalls(
  db: Queryable,
  ask: Pick<Ask, "boxUserId" | "unspent" | "callsPerMinute">,
): Promise<void> {
  await leaseCalls(db, { ...ask, urgency: "news", count: 0 });
}

/** The lease, or nothing where there is no budget. */
async function leaseOf(db: Queryable, ask: Ask): Promise<Leased[]> {
  const { boxUserId, urgency, count, unspent, callsPerMinute } = ask;
  const [reserved, shareOfMonth] = urgency === "backfill" ? [RESERVED, BACKFILL_SHARE] : [0, 1];
  const found = await rows<{
    granted: number;
    startsInMs: number;
    everyMs: number;
    waitMs: number | null;
    why: "crowded" | "paused" | "month" | null;
  }>(
    db,
    sql`
      -- The budget is ours until the end, with what of its setting Box bears by now.
      with held as (
        select *, clock_timestamp() as at,
          ${USED_IN_MINUTE} as used_by_now_in_minute, ${USED_IN_MONTH} as used_by_now_in_month,
          coalesce(calls_per_minute, ${callsPerMinute}::int) * ${BEARABLE} as allowed
        from budgets where box_user_id = ${boxUserId} for update),
      sized as (
        select *, ceil(allowed * ${SAVED}::float8) as saved, ceil(allowed * ${SPARE}::float8) as spare
        from held),
      paced as (
        select *, allowed - saved - spare as pace, 60000 / (allowed - saved - spare) as every_ms
        from sized),
      -- While nobody calls, the next call falls behind now, by those saved up and no more.
      due as (
        select *, greatest(next_at, at - saved * every_ms * interval '1 ms') as first_at,
          ${reserved}::float8 * saved * every_ms as behind_ms
        from paced),
      timed as (
        select *, extract(epoch from first_at - at)::float8 * 1000 + behind_ms as starts_in_ms from due),
      judged as (
        select *, case
          when paused_until > at then 'paused'
          when used_by_now_in_month >= calls_per_month * ${shareOfMonth}::float8 then 'month'
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
        used_in_minute = greatest(0, g.used_by_now_in_minute + g.granted - ${unspent}::int),
        used_in_month = greatest(0, g.used_by_now_in_month + g.granted - ${unspent}::int)
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
 * is lower for a while. Refusals that come together lower it once. Nothing is leased of a user without
 * a budget, so for one there is nothing to do.
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
