import { PRUNED, PRUNED_AT_ONCE, pruneBatch } from "../db/prune.ts";
import type { Handler, JobDeps } from "./task.ts";

/**
 * Removes what is older than it is to be kept, batch by batch until nothing is left. Stopped or killed
 * anywhere, the next hour goes on with the rest.
 */
export function createPrune({
  db,
  retentionDays,
}: Pick<JobDeps, "db" | "retentionDays">): Handler<"prune"> {
  return async (_payload, signal) => {
    const pruned = Object.fromEntries(PRUNED.map((what) => [what, 0]));
    for (const what of PRUNED) {
      let last = PRUNED_AT_ONCE;
      while (last === PRUNED_AT_ONCE && !signal.aborted) {
        last = await pruneBatch(db, what, retentionDays);
        pruned[what] = (pruned[what] ?? 0) + last;
      }
    }
    if (Object.values(pruned).every((count) => count === 0)) return { outcome: "idle" };
    return { outcome: "done", note: "Removed what is older than it is kept", fields: { pruned } };
  };
}
