import { sql } from "drizzle-orm";
import type { AccountId, SourceId } from "../core/ids.ts";
import { type Queryable, rows } from "./open.ts";

/** So many at a time: enough to keep every worker busy until the next pass. */
const WOKEN = 1000;

export interface Overdue {
  objects: { id: number; priority: number }[];
  checks: { id: number; priority: number }[];
  walks: number[];
}

/** The last debt of a part, behind which the next begins. */
export interface DebtPlace {
  /** PostgreSQL's own text: a `Date` would lose its microseconds. */
  dueAt: string;
  id: number;
}

const BEFORE_ALL: DebtPlace = { dueAt: "-infinity", id: 0 };

/** What has been due longest and nobody works on, from a place on. */
const longestDue = ({ dueAt, id }: DebtPlace) => sql`
  due_at <= now() and leased_by is null
    and (due_at, id) > (${dueAt}::timestamptz, ${id}::bigint)
  order by due_at, id limit ${WOKEN}::int`;

/**
 * Debts that are due and could be worked: of an active source, if of one, of a linked account. Those of each
 * source or account are read apart, along an index and a part at a time: neither what others are owed
 * costs anything, nor what waits while its own source is paused.
 */
const WORKABLE = {
  objects: (whose = sql`true`, after = BEFORE_ALL) => sql`
    sources s join accounts a on a.id = s.account_id and a.state = 'linked'
    cross join lateral (
      select id, priority, due_at from objects
      where source_id = s.id and state in ('pending', 'waiting') and ${longestDue(after)}) d
    where s.state = 'active' and ${whose}`,
  checks: (whose = sql`true`, after = BEFORE_ALL) => sql`
    accounts a cross join lateral (
      select id, priority, due_at from checks
      where account_id = a.id and state = 'due' and ${longestDue(after)}) d
    where a.state = 'linked' and ${whose}`,
  walks: sql`walks d join accounts a on a.id = d.account_id and a.state = 'linked'
    left join sources s on s.id = d.source_id
    where d.state = 'due' and d.due_at <= now() and d.leased_by is null
      and (s.id is null or s.state = 'active')`,
};

/** True while the queue itself has a job of this task ready to run. */
const queued = (task: string) => sql`exists (
  select from graphile_worker.jobs where task_identifier = ${task}
    and locked_at is null and run_at <= now() and attempts < max_attempts)`;

/**
 * Debts that are due and could be worked but have no job ready: their wake-ups were lost, or their
 * source was paused or their account waited when the job came. While the queue is busy with a kind
 * of work nothing of that kind is answered, since those debts may well have jobs.
 */
export async function overdueDebts(db: Queryable): Promise<Overdue> {
  const objects = await rows<{ id: string; priority: number }>(
    db,
    sql`
      select d.id, d.priority from ${WORKABLE.objects()} and not ${queued("store_version")}
      order by d.due_at limit ${WOKEN}::int`,
  );
  const checks = await rows<{ id: string; priority: number }>(
    db,
    sql`
      select d.id, d.priority from ${WORKABLE.checks()} and not ${queued("sync_file")}
      order by d.due_at limit ${WOKEN}::int`,
  );
  const walks = await rows<{ id: string }>(
    db,
    sql`
      select d.id from ${WORKABLE.walks} and not ${queued("walk_folder")}
      order by d.due_at limit ${WOKEN}::int`,
  );
  return {
    objects: objects.map(({ id, priority }) => ({ id: Number(id), priority })),
    checks: checks.map(({ id, priority }) => ({ id: Number(id), priority })),
    walks: walks.map(({ id }) => Number(id)),
  };
}

export interface DueDebt extends DebtPlace {
  priority: number;
}

/**
 * A part of what a source is owed, or of the files that an account is to look at again, whether it has a
 * job or not: what has been due longest first, from `after` on. All parts together read what is owed
 * once, whatever lies beside it.
 */
export async function dueDebts(
  db: Queryable,
  of: { sourceId: SourceId } | { accountId: AccountId },
  after: DebtPlace | undefined,
): Promise<DueDebt[]> {
  const workable =
    "sourceId" in of
      ? WORKABLE.objects(sql`s.id = ${of.sourceId}::uuid`, after)
      : WORKABLE.checks(sql`a.id = ${of.accountId}::uuid`, after);
  const found = await rows<{ id: string; priority: number; dueAt: string }>(
    db,
    sql`
      select d.id, d.priority, d.due_at::text as "dueAt" from ${workable}
      order by d.due_at, d.id limit ${WOKEN}::int`,
  );
  return found.map((row) => ({ ...row, id: Number(row.id) }));
}

/** The walks of a source, or those that signals asked an account for, that could be worked now. */
export async function dueWalks(
  db: Queryable,
  of: { sourceId: SourceId } | { accountId: AccountId },
): Promise<number[]> {
  const chosen =
    "sourceId" in of
      ? sql`d.source_id = ${of.sourceId}::uuid`
      : sql`d.account_id = ${of.accountId}::uuid and d.source_id is null`;
  const found = await rows<{ id: string }>(
    db,
    sql`
      select d.id from ${WORKABLE.walks} and ${chosen}
      order by d.due_at, d.id limit ${WOKEN}::int`,
  );
  return found.map(({ id }) => Number(id));
}
