import { sql } from "drizzle-orm";
import { type Database, type Queryable, records, rows, texts } from "./open.ts";

/** A worker that has not been heard of for so long is dead; its leases are taken back. */
export const HEARTBEAT_MS = 5_000;
const DEAD_AFTER_MS = 20_000;
/** A pool is named by the heartbeat that follows its start: what nobody named for longer is a dead one's. */
const UNCLAIMED_MS = 2 * HEARTBEAT_MS;

/** Says that this worker lives, and which of the queue's pools are its own. */
export async function beat(db: Queryable, worker: string, pools: readonly string[]): Promise<void> {
  await db.execute(sql`
    insert into workers (id, alive_until, pools)
    values (${worker}::uuid, now() + ${DEAD_AFTER_MS}::int * interval '1 ms', ${texts(pools)})
    on conflict (id) do update set alive_until = excluded.alive_until, pools = excluded.pools`);
}

/** The tables whose rows are worked under a lease. */
export type Leased = "objects" | "checks" | "walks" | "positions";
const LEASED: Leased[] = ["objects", "checks", "walks", "positions"];

/**
 * Takes back what dead workers held: their leases end and their jobs unlock, also those of one that
 * died before its first heartbeat could name its pools. The next claim raises
 * the lease number, so a frozen worker that wakes up writes nothing. Safe to call from several
 * processes at once; answers the workers that were buried. `leaving` is one that says goodbye.
 */
export async function buryWorkers(db: Database, leaving?: string): Promise<string[]> {
  return db.transaction(async (tx) => {
    const dead = await rows<{ id: string; pools: string[] }>(
      tx,
      sql`
        delete from workers where alive_until < now() or id = ${leaving ?? null}::uuid
        returning id, pools`,
    );
    if (dead.length === 0) return [];
    await freeOrphans(tx);
    const pools = dead.flatMap((worker) => worker.pools);
    await tx.execute(sql`
      select graphile_worker.force_unlock_workers(${texts(pools)} || array(
        select distinct locked_by from graphile_worker._private_jobs
        where locked_at < now() - ${UNCLAIMED_MS}::int * interval '1 ms'
          and locked_by not in (select unnest(pools) from workers)))`);
    return dead.map((worker) => worker.id);
  });
}

/**
 * Ends the leases of whoever is no worker any more. Needed also where nobody was buried just now: a statement
 * that its worker did not live to see the end of may take a lease after the burial. Answers how many.
 */
export async function freeOrphans(db: Queryable): Promise<number> {
  let freed = 0;
  for (const table of LEASED) {
    // What is leased is due, which the indexes of these two know.
    const isDue = table === "checks" || table === "walks" ? sql`state = 'due' and` : sql``;
    const found = await rows(
      db,
      sql`
        update ${sql.identifier(table)} set leased_by = null
        where ${isDue} leased_by is not null and leased_by not in (select id from workers)
        returning lease`,
    );
    freed += found.length;
  }
  return freed;
}

/** A row under lease, as it was when asked. */
export interface Lease {
  id: number;
  lease: number;
}

/** What a worker has leased. */
export async function leasesOf(
  db: Queryable,
  worker: string,
  table: Exclude<Leased, "positions">,
): Promise<Lease[]> {
  const found = await rows<{ id: string; lease: number }>(
    db,
    sql`select id, lease from ${sql.identifier(table)} where leased_by = ${worker}::uuid order by id`,
  );
  return found.map(({ id, lease }) => ({ id: Number(id), lease }));
}

/**
 * Ends leases of a living worker that it no longer works under: those whose end it could not write
 * because the database was away. A lease that was taken anew since `strays` were asked for stands.
 */
export async function dropStrayLeases(
  db: Queryable,
  worker: string,
  table: Exclude<Leased, "positions">,
  strays: readonly Lease[],
): Promise<void> {
  if (strays.length === 0) return;
  await db.execute(sql`
    update ${sql.identifier(table)} leased set leased_by = null
    from json_to_recordset(${records(strays)}) as stray(id bigint, lease int)
    where leased.id = stray.id and leased.lease = stray.lease and leased_by = ${worker}::uuid`);
}
