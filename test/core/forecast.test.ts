import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import {
  type BackfillStanding,
  type CallBudget,
  callsMadeAt,
  forecastBackfill,
} from "../../src/core/forecast.ts";

const NOW = new Date("2026-03-10T12:00:00Z");
const minutesOn = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const count = (max = 1_000_000) => fc.integer({ min: 0, max });
const moment = fc.date({
  min: new Date("2020-01-01"),
  max: new Date("2030-01-01"),
  noInvalidDate: true,
});

const UNLIMITED: CallBudget = {
  callsPerMinute: 900,
  callsPerMonth: null,
  usedThisMonth: 0,
  pausedUntil: null,
};
const budgets: fc.Arbitrary<CallBudget> = fc.record({
  callsPerMinute: fc.integer({ min: 60, max: 1_000_000 }),
  callsPerMonth: fc.option(count(2_000_000_000)),
  usedThisMonth: count(),
  pausedUntil: fc.option(moment),
});
const standings: fc.Arbitrary<BackfillStanding> = fc.record({
  isListing: fc.boolean(),
  heldUp: fc.constant(undefined),
  startedAt: fc.option(moment, { nil: undefined }),
  folders: count(),
  foldersLeft: count(),
  missing: count(),
  owed: count(),
  stored: fc.option(fc.record({ count: fc.integer({ min: 1, max: 1_000_000 }), since: moment }), {
    nil: undefined,
  }),
  budget: budgets,
});

const STANDING: BackfillStanding = {
  isListing: true,
  heldUp: undefined,
  startedAt: minutesOn(-20),
  folders: 10,
  foldersLeft: 20,
  missing: 100,
  owed: 50,
  stored: { count: 50, since: minutesOn(-5) },
  budget: UNLIMITED,
};
/** What the last digits of a sum may make of a whole minute. */
const ROUNDED_MS = 60_000;
const ends = (standing: BackfillStanding, now = NOW) => forecastBackfill(standing, now).endsAt;
/** Later than every end that can be told. */
const never = Number.POSITIVE_INFINITY;
const at = (date: Date | undefined) => date?.getTime() ?? never;

describe("the end of a backfill", () => {
  test("is told by what is owed, what the folders left may hold, and the speed of late", () => {
    expect(forecastBackfill(STANDING, NOW)).toEqual({
      endsAt: minutesOn(26),
      filesLeft: 250,
      filesPerMinute: 10,
      limitedBy: "speed",
      reason: undefined,
    });
  });

  test("is told by the budget where that allows less", () => {
    const budget = { ...UNLIMITED, pausedUntil: minutesOn(60) };
    expect(forecastBackfill({ ...STANDING, budget }, NOW)).toMatchObject({
      endsAt: minutesOn(61),
      limitedBy: "budget",
    });
  });

  test("is told by the folders' own speed where they hold nothing that is missing", () => {
    const standing = { ...STANDING, missing: 0, owed: 0, stored: undefined };
    expect(ends(standing)).toEqual(minutesOn(41));
  });

  test.each([
    ["nothing was stored of late", { stored: undefined }, /quarter of an hour/],
    ["no folder is listed yet", { folders: 0 }, /No folder/],
    ["something holds it up", { heldUp: "The source is paused" }, /^The source is paused$/],
    ["it would take too long", { owed: 1e15 }, /ten years/],
    [
      "the month's calls are none",
      { budget: { ...UNLIMITED, callsPerMonth: 0 } },
      /budget leaves too few/,
    ],
  ])("is not told when %s, and why", (_, changed, reason) => {
    const forecast = forecastBackfill({ ...STANDING, ...changed }, NOW);
    expect(forecast).toMatchObject({ endsAt: undefined, limitedBy: undefined });
    expect(forecast.reason).toMatch(reason);
  });

  test("is never in the past, and there is an end or a reason, whatever the figures", () => {
    fc.assert(
      fc.property(standings, moment, (standing, now) => {
        const { endsAt, reason, filesLeft, filesPerMinute } = forecastBackfill(standing, now);
        expect(endsAt === undefined).toBe(reason !== undefined);
        if (endsAt) expect(endsAt.toISOString() > now.toISOString()).toBe(true);
        for (const figure of [filesLeft ?? 0, filesPerMinute ?? 0]) {
          expect(figure).toBeGreaterThanOrEqual(0);
          expect(figure).toBeLessThan(never);
        }
      }),
    );
  });

  test("is not told at no speed while files are left", () => {
    fc.assert(
      fc.property(standings, moment, (standing, now) => {
        const { endsAt, filesLeft } = forecastBackfill({ ...standing, stored: undefined }, now);
        if (filesLeft !== 0) expect(endsAt).toBeUndefined();
      }),
    );
  });

  test("is no earlier with more left, less speed or a smaller budget", () => {
    const more = fc.record({
      owed: count(),
      foldersLeft: count(),
      callsPerMinute: fc.double({ min: 0.1, max: 1, noNaN: true }),
      speed: fc.double({ min: 0.1, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(standings, more, moment, (standing, more, now) => {
        // Where nothing is left, the end is told without any speed of files.
        const left = { ...standing, owed: standing.owed + 1 };
        const before = at(ends(left, now));
        const { budget, stored } = left;
        const callsPerMinute = budget.callsPerMinute * more.callsPerMinute;
        for (const harder of [
          { owed: left.owed + more.owed },
          { foldersLeft: left.foldersLeft + more.foldersLeft },
          { stored: stored && { ...stored, count: stored.count * more.speed } },
          { budget: { ...budget, callsPerMinute } },
        ])
          expect(at(ends({ ...left, ...harder }, now))).toBeGreaterThanOrEqual(before - ROUNDED_MS);
      }),
    );
  });
});

describe("when calls are made", () => {
  test("goes by the minute's limit from where Box lets us call again", () => {
    expect(callsMadeAt(9000, UNLIMITED, NOW)).toEqual(minutesOn(10));
    const paused = { ...UNLIMITED, pausedUntil: minutesOn(5) };
    expect(callsMadeAt(9000, paused, NOW)).toEqual(minutesOn(15));
  });

  test("goes over the month where its calls are used, less the tenth that is kept for news", () => {
    const budget = { ...UNLIMITED, callsPerMonth: 10_000, usedThisMonth: 8_000 };
    expect(callsMadeAt(1_000, budget, NOW)).toEqual(minutesOn(1_000 / 900));
    expect(callsMadeAt(1_900, budget, NOW)).toEqual(new Date("2026-04-01T00:01:00Z"));
    expect(callsMadeAt(1_000 + 9_000 + 900, budget, NOW)).toEqual(new Date("2026-05-01T00:01:00Z"));
    expect(callsMadeAt(1_000_000_000, budget, NOW)).toBeUndefined();
  });

  test("is no earlier for more calls, and never before now", () => {
    fc.assert(
      fc.property(budgets, count(1e9), count(1e9), moment, (budget, calls, more, now) => {
        const made = at(callsMadeAt(calls, budget, now));
        expect(made).toBeGreaterThanOrEqual(now.getTime());
        expect(at(callsMadeAt(calls + more, budget, now))).toBeGreaterThanOrEqual(
          made - ROUNDED_MS,
        );
      }),
    );
  });
});
