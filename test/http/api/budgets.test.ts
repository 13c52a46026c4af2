import { inArray } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { easeBudget, leaseCalls } from "../../../src/db/call-leases.ts";
import { queuedJobs, seedAccount, seedSource, versionSeen } from "../../support/seed.ts";
import { PRIORITY } from "../../../src/operations/enqueue.ts";
import { recordChanges } from "../../../src/operations/record-changes.ts";
import { checks, objects, walkFolders } from "../../../src/db/schema.ts";
import { anObject, aSource, aWalk } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
/** A budget belongs to a Box user: each test has one of its own. */
let boxUserId = "30";
let account: Awaited<ReturnType<typeof seedAccount>>;
let path: string;
beforeEach(async () => {
  boxUserId = String(Number(boxUserId) + 1);
  account = await seedAccount(web.db, { boxUserId });
  path = `/api/accounts/${account}/budget`;
});
afterAll(() => web.close());

test("an account's budget is the configuration's before anything was asked", async () => {
  const { status, body } = await web.call("GET", path);
  expect(status).toBe(200);
  expect(body).toEqual({
    callsPerMinute: 900,
    leftThisMinute: 900,
    usedThisMonth: 0,
    callsPerMonth: null,
    pausedUntil: null,
    backfill: { owed: 0, calls: 0, forecastAt: null },
  });
});

test("what is set holds for every account of the Box user, and null takes it back", async () => {
  const twin = await seedAccount(web.db, { boxUserId });
  const set = await web.call("PATCH", path, { callsPerMinute: 600, callsPerMonth: 50_000 });
  expect(set.body).toMatchObject({ callsPerMinute: 600, callsPerMonth: 50_000 });
  const { body } = await web.call("GET", `/api/accounts/${twin}/budget`);
  expect(body).toMatchObject({ callsPerMinute: 600, callsPerMonth: 50_000 });
  const back = await web.call("PATCH", path, { callsPerMinute: null });
  expect(back.body).toMatchObject({ callsPerMinute: 900, callsPerMonth: 50_000 });
});

test.each([{ callsPerMinute: 59 }, { callsPerMonth: -1 }, { callsPerMinute: 1.5 }, { other: 1 }])(
  "a setting that makes no sense is refused: %o",
  async (setting) => {
    expect((await web.call("PATCH", path, setting)).status).toBe(400);
  },
);

test("what waited for the month's calls goes on when there are more, of every account of the user", async () => {
  const twin = await seedAccount(web.db, { boxUserId });
  const late = new Date(Date.now() + 3_600_000);
  const ids: number[] = [];
  for (const [index, of] of [account, account, twin].entries()) {
    const source = await aSource(web.db, of);
    const failure = index === 1 ? "transient" : "throttled";
    const { id } = await anObject(web.db, source.id, { state: "waiting", failure, dueAt: late });
    ids.push(id);
  }
  const dueIds = async () => {
    const rows = await web.db.select().from(objects).where(inArray(objects.id, ids));
    return rows.filter(({ dueAt }) => dueAt <= new Date()).map(({ id }) => id);
  };
  await web.call("PATCH", path, { callsPerMinute: 100 });
  expect(await dueIds(), "the minute's limit is waited for in place").toEqual([]);
  await web.call("PATCH", path, { callsPerMonth: 1_000_000 });
  expect((await dueIds()).toSorted((a, b) => a - b)).toEqual([ids[0], ids[2]]);
  const woken = (await queuedJobs(web.db)).filter(({ task }) => task === "wake_debts");
  expect(woken.map(({ payload }) => payload)).toEqual(
    expect.arrayContaining([{ accountId: account }, { accountId: twin }]),
  );
});

test("an account that is not there has no budget", async () => {
  const nobody = "/api/accounts/00000000-0000-4000-8000-000000000000/budget";
  expect((await web.call("GET", nobody)).status).toBe(404);
  expect((await web.call("PATCH", nobody, {})).status).toBe(404);
});

test("calls that were leased are used, and while Box wants none, none are left, as the metrics say", async () => {
  const ask = { boxUserId, urgency: "news" as const, unspent: 0, callsPerMinute: 900 };
  await leaseCalls(web.db, { ...ask, count: 2 });
  expect((await web.call("GET", path)).body).toMatchObject({ usedThisMonth: 2 });
  await easeBudget(web.db, boxUserId, 60_000);
  const { body } = await web.call("GET", path);
  expect(body).toMatchObject({ leftThisMinute: 0 });
  expect(Date.parse(String(body["pausedUntil"]))).toBeGreaterThan(Date.now());
  const { text } = await web.call("GET", "/metrics");
  expect(text).toContain(`longshore_box_budget_left{account="${account}"} 0`);
  expect(text).toContain(`longshore_box_budget_used_month{account="${account}"} 2`);
});

test("the end of a backfill is forecast from what it still owes, and news is not counted", async () => {
  await seedSource(web.db, account, "10");
  const record = (fileId: string, priority: number) =>
    recordChanges(web.db, {
      accountId: account,
      door: "listing",
      prefix: "",
      news: [versionSeen({ fileId, versionId: `${fileId}00` })],
      queue: { priority },
    });
  await record("1", PRIORITY.news);
  await record("2", PRIORITY.backfill);
  await record("3", PRIORITY.backfill);
  const { body } = await web.call("GET", path);
  const { owed, forecastAt } = body["backfill"] as { owed: number; forecastAt: string };
  expect(body["backfill"]).toMatchObject({ owed: 2, calls: 2 });
  expect(Date.parse(forecastAt)).toBeGreaterThan(Date.now());

  const source = await aSource(web.db, account);
  const { id: walkId } = await aWalk(web.db, source);
  await web.db.insert(walkFolders).values([
    { walkId, folderId: "1", listed: true },
    { walkId, folderId: "2" },
    { walkId, folderId: "3" },
  ]);
  const check = {
    accountId: account,
    reason: "history",
    door: "listing",
    dueAt: new Date(),
  } as const;
  await web.db.insert(checks).values([
    { ...check, fileId: "1", priority: PRIORITY.backfill },
    { ...check, fileId: "2", priority: PRIORITY.news },
  ]);
  const later = (await web.call("GET", path)).body["backfill"] as { forecastAt: string };
  expect(later).toMatchObject({ owed: owed, calls: 2 + 2 + 2 });
  expect(Date.parse(later.forecastAt)).toBeGreaterThan(Date.parse(forecastAt));
});
