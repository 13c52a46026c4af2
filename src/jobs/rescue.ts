import { overdueDebts } from "../db/overdue.ts";
import { dropStrayPositions, leasedPositions, positionKey } from "../db/positions.ts";
import { beat, buryWorkers, dropStrayLeases, leasesOf } from "../db/workers.ts";
import { enqueue, type Job } from "../operations/enqueue.ts";
import { NUMBERED_TABLES } from "./held-leases.ts";
import type { JobDeps } from "./task.ts";

/**
 * One heartbeat of a worker: says that it lives, takes back what the dead held, lets go of what it
 * no longer works on, and wakes debts that are due without a job. Bounded, and safe from any number
 * of workers at once; answers how many workers were buried and debts woken.
 */
export async function rescue(
  { db, worker, held, log }: Pick<JobDeps, "db" | "worker" | "held" | "log">,
  pools: readonly string[],
): Promise<{ buried: number; woken: number }> {
  await beat(db, worker, pools);
  const buried = await buryWorkers(db);
  for (const table of NUMBERED_TABLES) {
    const leased = await leasesOf(db, worker, table);
    // Asked in this order: work that began since is held, and work that ended has ended its lease.
    const working = new Set(held.of(table));
    const strays = leased.filter(({ id }) => !working.has(id));
    await dropStrayLeases(db, worker, table, strays);
  }
  const reading = await leasedPositions(db, worker);
  const passes = new Set(held.of("positions"));
  const left = reading.filter((position) => !passes.has(positionKey(position)));
  await dropStrayPositions(db, worker, left);
  const overdue = await overdueDebts(db);
  const jobs: Job[] = [
    ...overdue.objects.map(({ id, priority }): Job => ({
      task: "store_version",
      payload: { objectId: id },
      priority,
    })),
    ...overdue.checks.map(({ id, priority }): Job => ({
      task: "sync_file",
      payload: { checkId: id },
      priority,
    })),
    ...overdue.walks.map((walkId): Job => ({ task: "walk_folder", payload: { walkId } })),
  ];
  await enqueue(db, jobs);
  if (buried.length > 0) log.warn({ workers: buried }, "Took back the work of workers that died");
  if (jobs.length > 0) log.info({ jobs: jobs.length }, "Woke debts that were due without a job");
  return { buried: buried.length, woken: jobs.length };
}
