import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { rows } from "../../src/db/open.ts";
import { enqueue, type Job } from "../../src/operations/enqueue.ts";
import { eventually } from "../support/eventually.ts";
import type { House } from "../support/house.ts";

interface Scene {
  house: House;
  /** The account is paused: nothing is done for it, whatever is due. */
  isPaused?: boolean;
}

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

/** Waits until no job is ready or running. */
export async function quiet({ house }: Scene): Promise<void> {
  await eventually("the queue is idle", async () => {
    const [row] = await rows<{ ready: number }>(
      house.db,
      sql`
        select count(*)::int as ready from graphile_worker.jobs
        where locked_at is not null or (run_at <= now() and attempts < max_attempts)`,
    );
    if (row?.ready === 0) return true;
    await sleep(25);
    return false;
  });
}

/** Debts that time alone would pay; those of paused sources and accounts wait for a person. */
async function owed({ house, isPaused }: Scene): Promise<number> {
  if (isPaused) return 0;
  const [row] = await rows<{ owed: number }>(
    house.db,
    sql`
      select (select count(*) from objects o join sources s on s.id = o.source_id
          where o.state in ('pending', 'waiting') and s.state = 'active')::int
        + (select count(*) from checks where state = 'due')::int
        + (select count(*) from walks w left join sources s on s.id = w.source_id
          where w.state = 'due' and s.state is distinct from 'paused')::int as owed`,
  );
  return row?.owed ?? 0;
}
