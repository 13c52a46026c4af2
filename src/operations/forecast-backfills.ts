import { type Forecast, forecastBackfill } from "../core/forecast.ts";
import { budgetFigures } from "../db/budgets.ts";
import type { Queryable } from "../db/open.ts";
import type { SourceProgress } from "../db/source-progress.ts";
import { storedLately } from "../db/stored-lately.ts";

/**
 * When what these sources' backfills owe will be stored, by the source's id; a source that owes nothing
 * and is not being listed is absent. Two statements for all of them, and none when all are at rest.
 */
export async function forecastBackfills(
  { db, callsPerMinute }: { db: Queryable; callsPerMinute: number },
  sources: readonly SourceProgress[],
): Promise<Map<string, Forecast>> {
  const busy = sources.filter(
    ({ backfill, counts }) => backfill.state !== "done" || counts.pending + counts.waiting > 0,
  );
  if (busy.length === 0) return new Map();
  const users = busy.map(({ pace }) => pace.boxUserId);
  const [budgets, stored] = await Promise.all([
    budgetFigures(db, users, callsPerMinute),
    storedLately(
      db,
      busy.map(({ id }) => id),
    ),
  ]);
  const now = new Date();
  return new Map(
    busy.map((source) => {
      const { id, backfill, counts, pace } = source;
      const budget = budgets.get(pace.boxUserId);
      if (!budget) throw new Error("bug: every user that is asked for has figures");
      const forecast = forecastBackfill(
        {
          isListing: backfill.state !== "done",
          heldUp: pace.heldUp ?? stopped(backfill),
          startedAt: backfill.startedAt,
          folders: backfill.folders,
          foldersLeft: backfill.foldersLeft,
          missing: backfill.missing,
          owed: counts.pending + counts.waiting,
          stored: stored.get(id),
          budget,
        },
        now,
      );
      return [id, forecast];
    }),
  );
}

const stopped = ({ state, reason }: SourceProgress["backfill"]) =>
  state === "waiting" || state === "failed" ? (reason ?? "The listing has stopped") : undefined;
