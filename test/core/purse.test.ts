import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import { createPurse, GOOD_FOR_MS, type Turn, type Urgency } from "../../src/core/purse.ts";

const news = (key = "a"): Turn => ({ urgency: "news", key });
const backfill = (key = "a"): Turn => ({ urgency: "backfill", key });
const lease = (count: number, startsAtMs = 0, urgency: Urgency = "news", everyMs = 0) => ({
  urgency,
  momentsMs: Array.from({ length: count }, (_, n) => startsAtMs + n * everyMs),
});

/** A purse with these waiting, each named by what it is and when it came: `news a 0`. */
function purseWith(...turns: Turn[]) {
  const purse = createPurse<string>();
  turns.forEach((turn, n) => purse.join(turn, `${turn.urgency} ${turn.key} ${n}`));
  return purse;
}

describe("a purse", () => {
  test("serves nobody before anything was leased, nor before the moment of the call", () => {
    const purse = purseWith(news(), news());
    expect(purse.serve(0)).toEqual([]);
    purse.put(lease(2, 100, "news", 50));
    expect(purse.nextAtMs()).toBe(100);
    expect(purse.serve(99)).toEqual([]);
    expect(purse.serve(100)).toEqual(["news a 0"]);
    expect(purse.nextAtMs()).toBe(150);
    expect(purse.serve(150)).toEqual(["news a 1"]);
    expect(purse.nextAtMs()).toBeUndefined();
  });

  test("serves the news before the backfill, also with calls leased for the backfill", () => {
    const purse = purseWith(backfill(), backfill(), news());
    purse.put(lease(2, 0, "backfill"));
    expect(purse.serve(0)).toEqual(["news a 2", "backfill a 0"]);
  });

  test("gives the backfill a call of the news' for the one that the news took", () => {
    const purse = purseWith(backfill(), news());
    purse.put(lease(1, 0, "backfill"));
    purse.put(lease(1, 100, "news"));
    expect(purse.serve(0)).toEqual(["news a 1"]);
    expect(purse.serve(100)).toEqual(["backfill a 0"]);
  });

  test("never serves the backfill with calls that were reserved for news", () => {
    const purse = purseWith(backfill());
    purse.put(lease(5, 0, "news"));
    expect(purse.serve(0)).toEqual([]);
  });

  test("lets the sources take turns, however many callers one of them has", () => {
    const purse = purseWith(backfill("a"), backfill("a"), backfill("a"), backfill("b"));
    purse.put(lease(3, 0, "backfill"));
    expect(purse.serve(0)).toEqual(["backfill a 0", "backfill b 3", "backfill a 1"]);
  });

  test("forgets who leaves, once", () => {
    const purse = createPurse<string>();
    purse.join(news(), "gone");
    purse.join(news(), "there");
    expect(purse.leave(news(), "gone")).toBe(true);
    expect(purse.leave(news(), "gone")).toBe(false);
    purse.put(lease(2));
    expect(purse.serve(0)).toEqual(["there"]);
    expect(purse.leave(news(), "there")).toBe(false);
  });

  test("dismisses all of one urgency and nobody else", () => {
    const purse = purseWith(news(), backfill(), backfill("b"));
    expect(purse.dismiss("backfill")).toEqual(["backfill a 1", "backfill b 2"]);
    expect(purse.demand("backfill", 0)).toBe(0);
    expect(purse.demand("news", 0)).toBe(1);
  });

  test("lets a call expire, and says so once", () => {
    const purse = createPurse<string>();
    purse.put(lease(2, 0, "news", 100));
    purse.join(news(), "late");
    expect(purse.serve(GOOD_FOR_MS)).toEqual(["late"]);
    expect(purse.takeUnspent()).toBe(1);
    expect(purse.takeUnspent()).toBe(0);
  });

  test("gives up everything at once when Box wants no calls", () => {
    const purse = purseWith(news());
    purse.put(lease(2));
    purse.put(lease(3, 0, "backfill"));
    purse.drop();
    expect(purse.serve(0)).toEqual([]);
    expect(purse.takeUnspent()).toBe(5);
  });

  test("wants as many calls as wait, or half of those made lately, and none while it has some", () => {
    const purse = purseWith(news(), news(), news(), news());
    expect(purse.demand("news", 0)).toBe(4);
    expect(purse.demand("backfill", 0)).toBe(0);
    purse.put(lease(4));
    expect(purse.demand("news", 0)).toBe(0);
    purse.serve(0);
    purse.join(news(), "next");
    expect(purse.demand("news", 1)).toBe(2);
    expect(purse.demand("news", GOOD_FOR_MS)).toBe(1);
  });
});

const urgency = fc.constantFrom<Urgency>("news", "backfill");
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ join: urgency, key: fc.constantFrom("a", "b", "c") }) },
  { weight: 2, arbitrary: fc.record({ put: urgency, count: fc.nat(5), everyMs: fc.nat(100) }) },
  { weight: 3, arbitrary: fc.record({ passMs: fc.nat(400) }) },
  { weight: 1, arbitrary: fc.record({ leave: fc.nat(20) }) },
);

test("whatever happens, a purse gives out no more than it leased, and accounts for all of it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const purse = createPurse<number>();
      const turns: Turn[] = [];
      const left = new Set<number>();
      const served: number[] = [];
      let [nowMs, put, unspent] = [0, 0, 0];
      for (const one of steps) {
        if ("join" in one) turns.push({ urgency: one.join, key: one.key });
        if ("join" in one) purse.join(turns.at(-1)!, turns.length - 1);
        if ("put" in one) {
          purse.put(lease(one.count, nowMs, one.put, one.everyMs));
          put += one.count;
        }
        if ("passMs" in one) nowMs += one.passMs;
        const leaving = "leave" in one ? turns[one.leave] : undefined;
        if (leaving && "leave" in one && purse.leave(leaving, one.leave)) left.add(one.leave);
        served.push(...purse.serve(nowMs));
        unspent += purse.takeUnspent();
      }
      purse.drop();
      unspent += purse.takeUnspent();
      expect(served.length + unspent).toBe(put);
      expect(new Set(served).size).toBe(served.length);
      expect(served.filter((waiter) => left.has(waiter))).toEqual([]);
    }),
  );
});

test("while two sources wait, neither is served twice more than the other", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (many, few) => {
      const purse = createPurse<string>();
      for (let n = 0; n < many; n++) purse.join(backfill("a"), "a");
      for (let n = 0; n < few; n++) purse.join(backfill("b"), "b");
      const both = 2 * Math.min(many, few);
      purse.put(lease(both, 0, "backfill"));
      const served = purse.serve(0);
      expect(served.filter((key) => key === "a")).toHaveLength(both / 2);
    }),
  );
});
