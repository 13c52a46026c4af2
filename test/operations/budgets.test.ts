import { sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Meter } from "../../src/box/api.ts";
import type { Turn } from "../../src/core/purse.ts";
import { budgetFigures, setBudget } from "../../src/db/budgets.ts";
import { easeBudget } from "../../src/db/call-leases.ts";
import { openDatabase } from "../../src/db/open.ts";
import { createLog } from "../../src/log.ts";
import { createBudgets } from "../../src/operations/budgets.ts";
import { databaseForEach } from "../support/for-each.ts";

const USER = "20000002";
const NEWS: Turn = { urgency: "news", key: "a" };
const BACKFILL: Turn = { urgency: "backfill", key: "a" };

const at = databaseForEach();

function openBudgets(callsPerMinute = 60_000) {
  const lines: string[] = [];
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  return { lines, ...createBudgets({ db: at.db, log, callsPerMinute }) };
}

const used = async () => (await budgetFigures(at.db, [USER], 1)).get(USER)?.usedThisMonth;
const admitted = (meter: Meter, calls: number, signal?: AbortSignal) =>
  Promise.all(Array.from({ length: calls }, () => meter.admit(signal)));
/** Nobody has a call to spare for the next minute. */
const runDry = () => at.db.execute(sql`update budgets set next_at = now() + interval '1 minute'`);

describe("a budget", () => {
  test("admits calls and counts them, whichever process and account makes them", async () => {
    const [one, other] = [openBudgets(), openBudgets()];
    await admitted(one.meter(USER, NEWS), 30);
    await admitted(other.meter(USER, BACKFILL), 20);
    await one.close();
    await other.close();
    expect(await used()).toBe(50);
  });

  test("asks the database once for many calls, not once for each", async () => {
    let statements = 0;
    const db = new Proxy(at.db, {
      get(target, name) {
        if (name === "execute") statements++;
        return Reflect.get(target, name) as unknown;
      },
    });
    const log = createLog("silent");
    const meter = createBudgets({ db, log, callsPerMinute: 60_000 }).meter(USER, NEWS);
    await meter.admit();
    const before = statements;
    await admitted(meter, 200);
    expect(statements - before).toBeLessThan(10);
  });

  test("of one Box user says nothing about another's", async () => {
    const budgets = openBudgets();
    await budgets.meter(USER, NEWS).admit();
    await easeBudget(at.db, USER, 60_000);
    await budgets.meter("999", NEWS).admit();
  });

  test("lets a caller go who does not want to wait any more", async () => {
    const budgets = openBudgets();
    await budgets.meter(USER, NEWS).admit();
    await budgets.close();
    await runDry();
    const stop = new AbortController();
    const waiting = budgets.meter(USER, { ...NEWS, key: "b" }).admit(stop.signal);
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ kind: "stopped" });
    await expect(budgets.meter(USER, NEWS).admit(stop.signal)).rejects.toMatchObject({
      kind: "stopped",
    });
    await budgets.close();
  });
});

describe("a 429", () => {
  test("that one process met makes the others fail with how long to wait", async () => {
    const [one, other] = [openBudgets(), openBudgets()];
    await one.meter(USER, NEWS).admit();
    await one.meter(USER, NEWS).throttled(60_000);
    for (const turn of [NEWS, BACKFILL])
      for (const { meter } of [one, other]) {
        const failure = await meter(USER, turn)
          .admit()
          .then(undefined, (error: unknown) => error);
        expect(failure).toMatchObject({ kind: "throttled" });
        expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(30_000);
      }
    expect(one.lines.join()).toContain("one too many");
  });

  test("without a wait is waited for all the same, and none is waited for longer than an hour", async () => {
    const { meter } = openBudgets();
    await meter(USER, NEWS).admit();
    await meter(USER, NEWS).throttled(undefined);
    await expect(meter(USER, NEWS).admit()).rejects.toMatchObject({ kind: "throttled" });
    await meter(USER, NEWS).throttled(1e15);
    const failure = await meter(USER, NEWS)
      .admit()
      .then(undefined, (error: unknown) => error);
    expect((failure as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  test("that asks for a moment only is waited for in place", async () => {
    const { meter } = openBudgets();
    await meter(USER, NEWS).admit();
    await meter(USER, NEWS).throttled(200);
    await meter(USER, NEWS).admit();
  });
});

test("a month that is used up says so, with what to do", async () => {
  await setBudget(at.db, USER, { callsPerMonth: 1 });
  const { meter } = openBudgets();
  await meter(USER, NEWS).admit();
  await expect(meter(USER, NEWS).admit()).rejects.toMatchObject({
    kind: "throttled",
    hint: expect.stringContaining("callsPerMonth") as string,
  });
});

test("a database that is away fails those who wait, and the next are served when it is back", async () => {
  const away = openDatabase(at.url, 1);
  const log = createLog("silent");
  let gone = true;
  const db = new Proxy(away.db, {
    get(target, name) {
      if (gone) throw new Error("the database is away");
      return Reflect.get(target, name) as unknown;
    },
  });
  const meter = createBudgets({ db, log, callsPerMinute: 60_000 }).meter(USER, NEWS);
  await expect(meter.admit()).rejects.toThrow("away");
  gone = false;
  await meter.admit();
  await away.close();
});
