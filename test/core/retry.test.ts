import * as fc from "../support/dice.ts";
import { expect, test } from "vitest";
import type { FailureKind } from "../../src/core/failure.ts";
import { decide, LATER_ROUNDS_MS } from "../../src/core/retry.ts";

const HOUR_MS = 3_600_000;
const COUNTED: Partial<Record<FailureKind, number>> = {
  transient: 12,
  not_found: 4,
  mismatch: 4,
  forbidden: 1,
  invalid: 1,
  conflict: 1,
};
const UNCOUNTED: FailureKind[] = ["throttled", "not_ready", "unauthorized", "stopped"];
const KINDS = [...(Object.keys(COUNTED) as FailureKind[]), ...UNCOUNTED];

const kind = fc.constantFrom(...KINDS);
const attempts = fc.integer({ min: 1, max: 1000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const retryAfterMs = fc.option(fc.integer({ min: 0, max: 100 * HOUR_MS }), { nil: undefined });

test.each(Object.entries(COUNTED))("%s is worth %i attempts", (kind, most) => {
  const verdict = (attempts: number) =>
    decide({ kind: kind as FailureKind, retryAfterMs: undefined }, attempts, 0);
  if (most > 1) expect(verdict(most - 1)).toMatchObject({ again: true, counts: true });
  expect(verdict(most)).toEqual({ again: false });
});

test.each(UNCOUNTED)("%s is waited for without end, and is no attempt", (kind) => {
  for (const attempts of [1, 12, 1000])
    expect(decide({ kind, retryAfterMs: undefined }, attempts, 0.5)).toMatchObject({
      again: true,
      counts: false,
    });
});

test("a wait is never shorter than asked, up to an hour, and never spread by more than a quarter", () => {
  fc.assert(
    fc.property(kind, attempts, random, retryAfterMs, (kind, attempts, random, retryAfterMs) => {
      const least = decide({ kind, retryAfterMs }, attempts, 0);
      const spread = decide({ kind, retryAfterMs }, attempts, random);
      expect(spread.again).toBe(least.again);
      if (!least.again || !spread.again) return;
      expect(least.afterMs).toBeGreaterThanOrEqual(Math.min(retryAfterMs ?? 0, HOUR_MS));
      expect(spread.afterMs).toBeGreaterThanOrEqual(least.afterMs);
      expect(spread.afterMs).toBeLessThanOrEqual(Math.round(least.afterMs * 1.25));
      expect(spread.afterMs).toBeLessThanOrEqual(12 * HOUR_MS * 1.25);
    }),
  );
});

test("waits grow, and reach over a day before a passing trouble is given up", () => {
  const waits: number[] = [];
  for (let attempt = 1; ; attempt++) {
    const verdict = decide({ kind: "transient", retryAfterMs: undefined }, attempt, 0);
    if (!verdict.again) break;
    waits.push(verdict.afterMs);
  }
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  expect(waits.reduce((sum, wait) => sum + wait)).toBeGreaterThan(24 * HOUR_MS);
});

test("content that is never ready is asked for less and less often, and no more seldom than every ten minutes", () => {
  const after = (owedForMs: number, retryAfterMs?: number) => {
    const verdict = decide({ kind: "not_ready", retryAfterMs }, 1, 0, owedForMs);
    return verdict.again ? verdict.afterMs : undefined;
  };
  expect([0, 10_000, 40_000].map((ms) => after(ms))).toEqual([5_000, 5_000, 5_000]);
  expect([80_000, 800_000].map((ms) => after(ms))).toEqual([10_000, 100_000]);
  expect(after(24 * HOUR_MS)).toBe(600_000);
  expect(after(0, 30_000), "what Box asks for is a floor").toBe(30_000);
  let [calls, atMs] = [0, 0];
  for (; atMs < 24 * HOUR_MS; calls++) atMs += after(atMs)!;
  expect(calls).toBeLessThan(200);
});

test("our own shutdown is followed at once", () => {
  expect(decide({ kind: "stopped", retryAfterMs: undefined }, 1, 0.9)).toMatchObject({
    afterMs: 0,
  });
});

test("later rounds come 1, 5, 15 and 60 minutes after the first", () => {
  let sum = 0;
  expect(LATER_ROUNDS_MS.map((wait) => (sum += wait) / 60_000)).toEqual([1, 5, 15, 60]);
});
