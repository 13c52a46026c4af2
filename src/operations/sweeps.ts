import { addSweep, sourcesToSweep, type SweptSource } from "../db/sweeps.ts";
import type { Database, Transaction } from "../db/open.ts";
import { enqueue, PRIORITY } from "./enqueue.ts";

/**
 * Begins to compare a source's current versions in full with Box. While a sweep of it is under way
 * nothing is begun, and false is answered.
 */
export function startSweep(db: Database, source: SweptSource, reason: string): Promise<boolean> {
  return db.transaction((tx) => startSweepIn(tx, source, reason));
}

/** The same, in a transaction that has more to write. */
export async function startSweepIn(
  tx: Transaction,
  source: SweptSource,
  reason: string,
): Promise<boolean> {
  const walkId = await addSweep(tx, source, reason);
  if (walkId === undefined) return false;
  const priority = PRIORITY.ahead;
  await enqueue(tx, [{ task: "walk_folder", payload: { walkId }, priority }]);
  return true;
}

/** Begins the sweeps that are due, at most one of each account; answers how many. */
export async function startDueSweeps(db: Database, everyMs: number): Promise<number> {
  let started = 0;
  for (const source of await sourcesToSweep(db, everyMs))
    if (await startSweep(db, source, "scheduled")) started++;
  return started;
}
