import { startDueSweeps } from "../operations/sweeps.ts";
import type { Handler, JobDeps } from "./task.ts";

/** Begins the sweeps that are due. Asked again it finds them under way. */
export function createStartSweeps({
  db,
  sweepEveryMs,
}: Pick<JobDeps, "db" | "sweepEveryMs">): Handler<"start_sweeps"> {
  return async () => {
    const sweeps = await startDueSweeps(db, sweepEveryMs);
    if (sweeps === 0) return { outcome: "idle" };
    return { outcome: "done", note: "Began sweeps", fields: { sweeps } };
  };
}
