import { BACKFILL_SHARE } from "./purse.ts";

const MINUTE_MS = 60_000;
/** Nobody plans by what is further off, and a date has an end. */
const LONGEST_MS = 10 * 365 * 24 * 60 * MINUTE_MS;
/** A few files stored at once say little about the minute that they are a part of. */
const SHORTEST_LOOK_MS = 10_000;
const SHORTEST_MONTH_MS = 28 * 24 * 60 * MINUTE_MS;
const MOST_MONTHS = 10 * 12;

/** What a Box user may ask of Box. */
export interface CallBudget {
  callsPerMinute: number;
  /** Null: not limited. */
  callsPerMonth: number | null;
  usedThisMonth: number;
  /** Box wants no call before. */
  pausedUntil: Date | null;
}

/**
 * When so many calls of backfills are made at the earliest, if nothing else needs the budget: at the
 * minute's limit, from where Box lets us call again, and in as many months (UTC) as they take. More
 * calls are never made earlier. Undefined when that is never, or in more than ten years.
 */
export function callsMadeAt(calls: number, budget: CallBudget, now: Date): Date | undefined {
  const { callsPerMinute, callsPerMonth, usedThisMonth, pausedUntil } = budget;
  const fromMs = Math.max(now.getTime(), pausedUntil?.getTime() ?? 0);
  const made = (beginMs: number, calls: number) =>
    within(now, beginMs + (calls / callsPerMinute) * MINUTE_MS);
  if (callsPerMonth === null) return made(fromMs, calls);
  const from = new Date(fromMs);
  const monthsOn = (months: number) => Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months);
  // No month holds more than its minutes let.
  const fit = (ms: number) => (ms / MINUTE_MS) * callsPerMinute;
  const share = callsPerMonth * BACKFILL_SHARE;
  const left = Math.max(0, Math.min(share - usedThisMonth, fit(monthsOn(1) - fromMs)));
  if (calls <= left) return made(fromMs, calls);
  const aMonth = Math.min(share, fit(SHORTEST_MONTH_MS));
  const months = Math.ceil((calls - left) / aMonth);
  if (!(months <= MOST_MONTHS)) return undefined;
  return made(monthsOn(months), calls - left - (months - 1) * aMonth);
}

const within = (now: Date, ms: number): Date | undefined =>
  ms - now.getTime() <= LONGEST_MS ? new Date(ms) : undefined;

/** A backfill as far as it is, for whoever estimates its end. */
export interface BackfillStanding {
  /** Folders are still being listed. */
  isListing: boolean;
  /** Why nothing moves now; undefined when it may. */
  heldUp: string | undefined;
  startedAt: Date | undefined;
  folders: number;
  foldersLeft: number;
  /** Versions found in the folders listed so far that were not owed before. */
  missing: number;
  /** Versions that are still to be stored. */
  owed: number;
  /** What was stored of late, and since when; undefined when nothing was. */
  stored: { count: number; since: Date } | undefined;
  budget: CallBudget;
}

export interface Forecast {
  endsAt: Date | undefined;
  /** Owed, and as many in the folders left as there were in those listed; undefined before the first. */
  filesLeft: number | undefined;
  filesPerMinute: number | undefined;
  limitedBy: "speed" | "budget" | undefined;
  /** Why there is no end to tell. */
  reason: string | undefined;
}

/**
 * When all that a backfill owes will be stored: the later of what its own speed of late and what the
 * budget make of it, on a whole minute that has not passed. Files at the speed of files; where none is
 * left or expected, folders at the speed of folders. More left or less speed never means an earlier end.
 */
export function forecastBackfill(standing: BackfillStanding, now: Date): Forecast {
  const { isListing, heldUp, folders, foldersLeft, missing, owed, stored, budget } = standing;
  const filesPerMinute = stored && (stored.count / elapsedMs(stored.since, now)) * MINUTE_MS;
  const unknown = (reason: string, filesLeft?: number): Forecast => ({
    endsAt: undefined,
    filesLeft,
    filesPerMinute,
    limitedBy: undefined,
    reason,
  });
  const isBlind = isListing && folders === 0;
  const expected = isListing && !isBlind ? Math.ceil((foldersLeft * missing) / folders) : 0;
  const filesLeft = isBlind ? undefined : owed + expected;
  if (heldUp !== undefined) return unknown(heldUp, filesLeft);
  if (filesLeft === undefined) return unknown("No folder is listed to its end yet", filesLeft);
  const speedMs = atOwnSpeed(standing, filesLeft, filesPerMinute, now);
  if (speedMs === undefined)
    return unknown("Nothing was stored in the last quarter of an hour", filesLeft);
  const bySpeed = within(now, now.getTime() + speedMs);
  if (!bySpeed) return unknown("At the speed of late it would take more than ten years", filesLeft);
  const byBudget = callsMadeAt(filesLeft + (isListing ? foldersLeft : 0), budget, now);
  if (!byBudget) return unknown("The budget leaves too few calls for backfills", filesLeft);
  const limitedBy = byBudget > bySpeed ? "budget" : "speed";
  const endsMs = Math.max(byBudget.getTime(), bySpeed.getTime());
  const endsAt = new Date((Math.floor(endsMs / MINUTE_MS) + 1) * MINUTE_MS);
  return { endsAt, filesLeft, filesPerMinute, limitedBy, reason: undefined };
}

/** How long what is left takes; undefined when nothing moves. */
function atOwnSpeed(
  { isListing, startedAt, folders, foldersLeft }: BackfillStanding,
  filesLeft: number,
  filesPerMinute: number | undefined,
  now: Date,
): number | undefined {
  if (filesLeft > 0) return filesPerMinute && (filesLeft / filesPerMinute) * MINUTE_MS;
  if (!isListing) return 0;
  return (foldersLeft / folders) * elapsedMs(startedAt ?? now, now);
}

const elapsedMs = (since: Date, now: Date) =>
  Math.max(SHORTEST_LOOK_MS, now.getTime() - since.getTime());
