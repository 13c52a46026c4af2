import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { budgetFigures, setBudget } from "../../src/db/budgets.ts";
import { type Ask, easeBudget, type Leased, leaseCalls } from "../../src/db/call-leases.ts";
import { openDatabase, rows } from "../../src/db/open.ts";
import { budgets } from "../../src/db/schema.ts";
import { databaseForEach } from "../support/for-each.ts";

const USER = "20000002";
const ASK: Ask = {
  boxUserId: USER,
  urgency: "news",
  count: 1000,
  unspent: 0,
  callsPerMinute: 1000,
};
/** Of 1,000 a minute: 960, and 20 saved up of which the backfill leaves 10. */
const EVERY_MS = 62.5;
const [SAVED, RESERVED] = [20, 10];

const at = databaseForEach();

const lease = (ask: Partial<Ask> = {}) => leaseCalls(at.db, { ...ASK, ...ask });
const why = (leased: Leased) => ("why" in leased ? leased.why : "granted");
const startsInMs = (leased: Leased) => ("startsInMs" in leased ? leased.startsInMs : NaN);
const figures = async () => (await budgetFigures(at.db, [USER], 1000)).get(USER);

/** Leases until refused; answers how many calls were granted and the last answer. */
async function exhaust(ask: Partial<Ask> = {}) {
  let granted = 0;
  for (;;) {
    const leased = await lease(ask);
    if ("why" in leased) return { granted, refused: leased };
    granted += leased.granted;
  }
}

describe("a lease", () => {
  test("begins with the calls saved up, and goes on at a pace below the limit", async () => {
    const first = await lease();
    expect(first).toMatchObject({ granted: 4, everyMs: EVERY_MS });
    expect(startsInMs(first)).toBeLessThanOrEqual(-(SAVED - 1) * EVERY_MS);
    const second = await lease();
    expect(startsInMs(second)).toBeLessThanOrEqual(startsInMs(first) + 4 * EVERY_MS);
  });

  test("is never longer than asked, nor than a quarter of a second", async () => {
    expect(await lease({ count: 1 })).toMatchObject({ granted: 1 });
    expect(await lease({ callsPerMinute: 60_000 })).toMatchObject({ granted: 240 });
    expect(await lease({ callsPerMinute: 60 })).toMatchObject({ granted: 1 });
  });

  test("is not made far ahead: who comes then is told when to ask again", async () => {
    const { granted, refused } = await exhaust();
    // The saved ones and two seconds' worth, and what the time of asking itself brought.
    expect(granted).toBeGreaterThanOrEqual(SAVED + 32);
    expect(refused).toMatchObject({ granted: 0, why: "crowded" });
    expect(refused.waitMs).toBeGreaterThan(0);
  });

  test("for a backfill stands back behind the calls reserved for news", async () => {
    const backfill = await lease({ urgency: "backfill" });
    expect(startsInMs(backfill)).toBeLessThanOrEqual((RESERVED - SAVED + 1) * EVERY_MS);
    // Due within the two seconds for news, and about a second later than those for the backfill.
    await at.db.execute(sql`update budgets set next_at = now() + interval '1950 ms'`);
    expect(why(await lease({ urgency: "backfill" }))).toBe("crowded");
    expect(why(await lease())).toBe("granted");
  });

  test("is nobody else's: what four processes lease together follows on without a gap", async () => {
    await at.db.insert(budgets).values({ boxUserId: USER });
    await at.db.execute(sql`update budgets set next_at = now() - interval '1 second'`);
    const nextAtMs = async () => {
      const [row] = await rows<{ at: number }>(
        at.db,
        sql`select extract(epoch from next_at)::float8 * 1000 as at from budgets`,
      );
      return row?.at ?? NaN;
    };
    const before = await nextAtMs();
    const clients = [1, 2, 3, 4].map(() => openDatabase(at.url, 2));
    const turns = clients.flatMap(({ db }) => Array.from({ length: 10 }, () => db));
    const leases = await Promise.all(turns.map((db) => leaseCalls(db, { ...ASK, count: 1 })));
    for (const client of clients) await client.close();
    const granted = leases.reduce((sum, one) => sum + one.granted, 0);
    expect(granted).toBeGreaterThan(20);
    expect(await nextAtMs()).toBeCloseTo(before + granted * EVERY_MS, 0);
    expect(await figures()).toMatchObject({ usedThisMonth: granted });
  });
});

describe("a refusal for too many calls", () => {
  test("makes every process wait as long as Box said, news and backfill", async () => {
    await lease();
    await easeBudget(at.db, USER, 30_000);
    const other = openDatabase(at.url, 1);
    for (const urgency of ["news", "backfill"] as const) {
      const refused = await leaseCalls(other.db, { ...ASK, urgency });
      expect(refused).toMatchObject({ granted: 0, why: "paused" });
      expect("waitMs" in refused && refused.waitMs).toBeGreaterThan(20_000);
    }
    await other.close();
  });

  test("is not shortened by a later one that asks for less", async () => {
    await lease();
    await easeBudget(at.db, USER, 30_000);
    await easeBudget(at.db, USER, 1_000);
    expect(await lease()).toMatchObject({ why: "paused" });
    expect((await figures())?.pausedUntil?.getTime()).toBeGreaterThan(Date.now() + 15_000);
  });

  test("lowers the pace, once for those that come together, and the pace comes back", async () => {
    await lease();
    for (let n = 0; n < 5; n++) await easeBudget(at.db, USER, 0);
    const eased = await lease();
    // Four fifths of the setting: 800, of which 16 and 16 are kept free.
    expect("everyMs" in eased && eased.everyMs).toBeCloseTo(60_000 / 768, 0);
    await at.db.execute(sql`update budgets set throttled_at = now() - interval '5 minutes'`);
    expect(await lease({ count: 1 })).toMatchObject({ everyMs: EVERY_MS });
  });

  test("again and again leaves a quarter of the pace", async () => {
    await lease();
    for (let n = 0; n < 20; n++) {
      await at.db.execute(sql`update budgets set throttled_at = now() - interval '11 seconds'`);
      await easeBudget(at.db, USER, 0);
    }
    const eased = await lease();
    // 250, of which 5 and 5 are kept free, or a whole call more.
    expect("everyMs" in eased && Math.round(60_000 / eased.everyMs)).toBeGreaterThanOrEqual(238);
    expect("everyMs" in eased && Math.round(60_000 / eased.everyMs)).toBeLessThanOrEqual(240);
  });

  test("leaves nothing saved up for when it is over", async () => {
    await lease();
    await easeBudget(at.db, USER, 30_000);
    expect(
      await rows(at.db, sql`select next_at = paused_until as "together" from budgets`),
    ).toEqual([{ together: true }]);
  });
});

describe("the month", () => {
  test("counts what was leased and not given back", async () => {
    await lease({ count: 3 });
    await lease({ count: 4, unspent: 2 });
    expect(await figures()).toMatchObject({ usedThisMonth: 5, leftThisMinute: 995 });
    await lease({ count: 0, unspent: 1 });
    expect(await figures()).toMatchObject({ usedThisMonth: 4 });
  });

  test("begins anew, and so does the minute", async () => {
    await lease({ count: 3 });
    await at.db.execute(sql`
      update budgets set month = month - interval '1 month', minute = minute - interval '1 minute'`);
    expect(await figures()).toMatchObject({ usedThisMonth: 0, leftThisMinute: 1000 });
    await lease({ count: 2 });
    expect(await figures()).toMatchObject({ usedThisMonth: 2, leftThisMinute: 998 });
  });

  test("stops the backfill at nine tenths and the news at its end", async () => {
    await setBudget(at.db, USER, { callsPerMonth: 20 });
    for (let n = 0; n < 18; n++) await lease({ count: 1 });
    expect(why(await lease({ urgency: "backfill" }))).toBe("month");
    for (let n = 0; n < 2; n++) expect(await lease({ count: 1 })).toMatchObject({ granted: 1 });
    const refused = await lease();
    expect(refused).toMatchObject({ granted: 0, why: "month" });
    expect("waitMs" in refused && refused.waitMs).toBeGreaterThan(0);
  });
});

describe("a setting", () => {
  test("goes before the configuration's, and changes alone", async () => {
    await setBudget(at.db, USER, { callsPerMinute: 6000 });
    await setBudget(at.db, USER, { callsPerMonth: 50_000 });
    expect(await figures()).toMatchObject({ callsPerMinute: 6000, callsPerMonth: 50_000 });
    const leased = await lease();
    expect("everyMs" in leased && leased.everyMs).toBeCloseTo(60_000 / 5760, 3);
    await setBudget(at.db, USER, { callsPerMinute: null });
    expect(await figures()).toMatchObject({ callsPerMinute: 1000, callsPerMonth: 50_000 });
  });

  test("has figures before the first call", async () => {
    expect(await figures()).toEqual({
      callsPerMinute: 1000,
      leftThisMinute: 1000,
      usedThisMonth: 0,
      callsPerMonth: null,
      pausedUntil: null,
    });
  });
});
