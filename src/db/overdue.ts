import { sql } from "drizzle-orm";
import { type Queryable, rows } from "./open.ts";

/** So many at a time: enough to keep every worker busy until the next pass. */
const WOKEN = 1000;

export interface Overdue {
  objects: { id: number; priority: number }[];
  checks: { id: number; priority: number }[];
  walks: number[];
}

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
      select o.id, o.priority from objects o
      join sources s on s.id = o.source_id and s.state = 'active'
      join accounts a on a.id = s.account_id and a.state = 'linked'
      where o.state in ('pending', 'waiting') and o.due_at <= now() and o.leased_by is null
        and not ${queued("store_version")}
      order by o.due_at limit ${WOKEN}::int`,
  );
  const checks = await rows<{ id: string; priority: number }>(
    db,
    sql`
      select c.id, c.priority from checks c join accounts a on a.id = c.account_id and a.state = 'linked'
      where c.state = 'due' and c.due_at <= now() and c.leased_by is null
        and not ${queued("sync_file")}
      order by c.due_at limit ${WOKEN}::int`,
  );
  const walks = await rows<{ id: string }>(
    db,
    sql`
      select w.id from walks w join accounts a on a.id = w.account_id and a.state = 'linked'
      left join sources s on s.id = w.source_id
      where w.state = 'due' and w.due_at <= now() and w.leased_by is null
        and (s.id is null or s.state = 'active') and not ${queued("walk_folder")}
      order by w.due_at limit ${WOKEN}::int`,
  );
  return {
    objects: objects.map(({ id, priority }) => ({ id: Number(id), priority })),
    checks: checks.map(({ id, priority }) => ({ id: Number(id), priority })),
    walks: walks.map(({ id }) => Number(id)),
  };
}
