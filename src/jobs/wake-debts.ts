import { wakeNext } from "../operations/wake-debts.ts";
import type { Handler, JobDeps } from "./task.ts";

/** Wakes a thousand of the debts that had to wait, and the job that wakes the next. */
export const createWakeDebts =
  ({ db }: Pick<JobDeps, "db">): Handler<"wake_debts"> =>
  async (asked) => {
    const jobs = await db.transaction((tx) => wakeNext(tx, asked));
    return jobs === 0 ? { outcome: "idle" } : { outcome: "done", note: "Woke", fields: { jobs } };
  };
