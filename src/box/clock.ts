/** Box's clock, as far as its answers tell it. */
export interface BoxClock {
  /** What time it is at Box, in ms since 1970; by our own clock until Box has answered. */
  nowMs(): number;
  /** How far Box's clock is ahead of ours, good to about a second; undefined until Box has answered. */
  offsetMs(): number | undefined;
  /** Learns from an answer's `Date`, which came `tookMs` after the request had gone. */
  note(headers: Headers, tookMs: number): void;
}

/** An answer that took longer does not tell when its `Date` was written. */
const SLOW_MS = 5_000;

/** `Date` has no fractions of a second: half of one is the best guess. */
const CUT_MS = 500;

/**
 * Keeps how far our clock is off, by the last answer that told. Assertions are dated by it, and
 * tokens end by it: processes whose clocks differ agree on when a token that they share has ended.
 */
export function createClock(): BoxClock {
  let offsetMs: number | undefined;
  return {
    nowMs: () => Date.now() + (offsetMs ?? 0),
    offsetMs: () => offsetMs,
    note(headers, tookMs) {
      const toldMs = Date.parse(headers.get("date") ?? "");
      if (Number.isNaN(toldMs) || tookMs > SLOW_MS) return;
      offsetMs = toldMs + CUT_MS - (Date.now() - tookMs / 2);
    },
  };
}
