import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { rows } from "../../src/db/open.ts";
import { enqueue, type Job } from "../../src/operations/enqueue.ts";
import type { House } from "../support/house.ts";

type Scene = { house: House };

/** More rounds than any debt of an honest run needs: the last walk round and the last attempt included. */
const ROUNDS = 25;

/**
 * Lets everything come due that is owed, as hours would, until a whole round finds nothing left:
 * delayed checks, later rounds of walks, attempts that wait, the pass of every minute.
 */
export async function settle(scene: Scene): Promise<void> {
  await scene.house.box.idle();
  for (let round = 0; round < ROUNDS; round++) {
    const before = await owed(scene);
    await passTime(scene);
    if (before === 0 && (await owed(scene)) === 0) return;
  }
}

/** One round of time: what waits is due now, and is worked; then the minute's pass is made. */
export async function passTime(scene: Scene): Promise<void> {
  const { db, box } = scene.house;
  for (const table of ["objects", "checks", "walks"] as const)
    await db.execute(
      sql`update ${sql.identifier(table)} set due_at = now() where due_at > now() and leased_by is null`,
    );
  await db.execute(
    sql`update webhooks set due_at = now() where due_at > now() and state <> 'registered'`,
  );
  const due = await rows<{ kind: "objects" | "checks" | "walks"; id: string }>(
    db,
    sql`
      select 'objects' as kind, id from objects where state in ('pending', 'waiting')
      union all select 'checks', id from checks where state = 'due'
      union all select 'walks', id from walks where state = 'due'`,
  );
  await enqueue(db, [
    ...due.map(({ kind, id }): Job => JOBS[kind](Number(id))),
    { task: "keep_webhooks", payload: {} },
    { task: "reconcile", payload: {} },
  ]);
  await quiet(scene);
  await box.idle();
}

/** What was seen was seen hours ago: a file that a listing does not meet now is gone, by any clock. */
export async function hoursPass({ house: { db } }: Scene): Promise<void> {
  for (const table of ["files", "folders"] as const)
    await db.execute(sql`update ${sql.identifier(table)} set as_of = as_of - interval '3 hours'`);
}

const JOBS = {
  objects: (objectId: number): Job => ({ task: "store_version", payload: { objectId } }),
  checks: (checkId: number): Job => ({ task: "sync_file", payload: { checkId } }),
  walks: (walkId: number): Job => ({ task: "walk_folder", payload: { walkId } }),
};

/** Far beyond what one job takes on a busy machine. */
const PATIENCE_MS = 60_000;

/**
 * Waits until no job is ready or running, as long as it takes while one job after the other ends; nor
 * anything leased: what lost its connection at the end of its work is let go of by a heartbeat.
 */
export async function quiet({ house }: Scene): Promise<void> {
  let before = "";
  let until = Date.now() + PATIENCE_MS;
  for (;;) {
    const busy = await rows<{ what: string; id: string }>(
      house.db,
      sql`
        select 'job ' || task_identifier as what, id::text from graphile_worker.jobs
        where locked_at is not null or (run_at <= now() and attempts < max_attempts)
        union all select 'object', id::text from objects where leased_by is not null
        union all select 'check', id::text from checks where leased_by is not null
        union all select 'walk', id::text from walks where leased_by is not null
        union all select 'stream', account_id::text from positions where leased_by is not null
        order by what, id`,
    );
    if (busy.length === 0) return;
    const now = busy.map(({ what, id }) => `${what} ${id}`).join(", ");
    if (now !== before) until = Date.now() + PATIENCE_MS;
    else if (Date.now() > until) throw new Error(`The work stands still: ${now}`);
    before = now;
    await sleep(25);
  }
}

/** Debts that time alone would pay; those of paused sources and accounts wait for a person. */
async function owed({ house }: Scene): Promise<number> {
  const [row] = await rows<{ owed: number }>(
    house.db,
    sql`
      with working as (select id from accounts where state in ('linked', 'needs_relogin'))
      select (select count(*) from objects o join sources s on s.id = o.source_id
          join working a on a.id = s.account_id
          where o.state in ('pending', 'waiting') and s.state = 'active')::int
        + (select count(*) from checks c join working a on a.id = c.account_id
          where c.state = 'due')::int
        + (select count(*) from walks w join working a on a.id = w.account_id
          left join sources s on s.id = w.source_id
          where w.state = 'due' and s.state is distinct from 'paused')::int as owed`,
  );
  return row?.owed ?? 0;
}
