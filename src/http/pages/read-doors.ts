import { isUuid } from "../../core/ids.ts";
import { doorRecords, missedDeliveries } from "../../db/door-report.ts";
import { findSource } from "../../db/source-progress.ts";
import type { HttpDeps } from "../deps.ts";
import type { Days, DoorsProps } from "./doors.tsx";

const DAY_MS = 24 * 60 * 60_000;
const MISSED = 20;

/** What the page of doors shows, of all sources or of one; undefined when there is no such source. */
export async function readDoors(
  { db }: Pick<HttpDeps, "db">,
  { days, source: id }: { days: Days; source?: string | undefined },
): Promise<DoorsProps | undefined> {
  const source = id !== undefined && isUuid(id) ? await findSource(db, id) : undefined;
  if (id !== undefined && !source) return undefined;
  const now = new Date();
  const window = { from: new Date(now.getTime() - days * DAY_MS), to: now, sourceId: source?.id };
  const [doors, missed] = await Promise.all([
    doorRecords(db, window),
    missedDeliveries(db, window, MISSED),
  ]);
  return { days, source, doors, missed, now };
}
