import { sql } from "drizzle-orm";
import { USED_IN_MINUTE, USED_IN_MONTH } from "./call-leases.ts";
import { type Queryable, rows } from "./open.ts";

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
