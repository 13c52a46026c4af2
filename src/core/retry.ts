import type { Failure, FailureKind } from "./failure.ts";

export type Verdict =
  /** Try again after so long. `counts: false` leaves the number of attempts as it was. */
  | { again: true; afterMs: number; counts: boolean }
  /** No further try can help, or none is left: a person must look. */
  | { again: false };

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Waits after the first, second, … failed attempt. The first are short because most troubles are
 * blinks; together they reach over a day, so that an outage on a weekday night mends itself.
 */
const WAITS_MS = [
  2 * SECOND,
  10 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
];

/**
 * How many attempts each kind is worth. Box says 404 for a while to those who are quick and for
 * ever to those who may not look; bytes that differ may have been damaged on the way; a refused
 * request stays refused.
 */
const ATTEMPTS: Record<FailureKind, number> = {
  transient: WAITS_MS.length + 1,
  throttled: Number.POSITIVE_INFINITY,
  not_ready: Number.POSITIVE_INFINITY,
  unauthorized: Number.POSITIVE_INFINITY,
  blocked: Number.POSITIVE_INFINITY,
  stopped: Number.POSITIVE_INFINITY,
  not_found: 4,
  mismatch: 4,
  forbidden: 1,
  gone: 1,
  invalid: 1,
  conflict: 1,
};

/** Waited for without using up attempts: the other side asked us to, or it is not about this debt. */
const UNCOUNTED_WAIT_MS: Partial<Record<FailureKind, number>> = {
  throttled: 5 * SECOND,
  not_ready: 5 * SECOND,
  unauthorized: MINUTE,
  blocked: MINUTE,
  stopped: 0,
};

/**
 * Content that Box still prepares is there after seconds, as a rule. Where it is not, it is asked for at
 * ever greater distances: an eighth of the time for which it has been owed, up to ten minutes. One that
 * is never ready costs six calls an hour, not seven hundred.
 */
const NOT_READY = { share: 1 / 8, mostMs: 10 * MINUTE };

/**
 * Content that Box has not made ready by then is more than slow, and a person is told. By the times above it was
 * asked for more than this often within an hour; an old debt asked for but once has merely waited for its turn.
 */
export const UNREADY = { afterMs: HOUR, tries: 6 };

/** Nobody's Retry-After makes a debt sleep longer than this without being looked at again. */
const LONGEST_WAIT_MS = HOUR;

/**
 * The only place that decides whether a failed attempt is followed by another. `attempts` counts
 * the failed ones, this one included (1 for the first); `random` is in [0, 1) and spreads the wait
 * by up to a quarter, so that what failed together does not return together; `owedForMs` is how long
 * the debt has been there. What the other side asked us to wait is a floor.
 */
export function decide(
  failure: Pick<Failure, "kind" | "retryAfterMs">,
  attempts: number,
  random: number,
  owedForMs = 0,
): Verdict {
  const floorMs = Math.min(failure.retryAfterMs ?? 0, LONGEST_WAIT_MS);
  const spread = (waitMs: number) => Math.round(Math.max(floorMs, waitMs) * (1 + random / 4));
  const uncounted = UNCOUNTED_WAIT_MS[failure.kind];
  if (uncounted !== undefined) {
    const grown = Math.min(owedForMs * NOT_READY.share, NOT_READY.mostMs);
    const waitMs = failure.kind === "not_ready" ? Math.max(uncounted, grown) : uncounted;
    return { again: true, afterMs: spread(waitMs), counts: false };
  }
  if (attempts >= ATTEMPTS[failure.kind]) return { again: false };
  const waitMs = WAITS_MS[Math.min(attempts, WAITS_MS.length) - 1] ?? 0;
  return { again: true, afterMs: spread(waitMs), counts: true };
}

/** When a folder is listed again after a large copy, move or restore: 1, 5, 15 and 60 minutes on. */
export const LATER_ROUNDS_MS = [MINUTE, 4 * MINUTE, 10 * MINUTE, 45 * MINUTE];

/**
 * How long the check of a file waits, so that several signals are one check. `news`: something may
 * be there that we do not know; long enough for the second webhook of one move. `history`: what was
 * announced is recorded, and only what nobody announced is looked for; long enough for a burst of
 * saves. Both are short against the minute in which reconciliation promises news. `lost`: Box did not show a
 * version that it told of; should only its listing have lagged, that is over by then.
 */
export const CHECK_DELAY_MS = { news: 500, history: 10 * SECOND, lost: HOUR };
