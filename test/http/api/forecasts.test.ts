import { afterAll, beforeAll, expect, test } from "vitest";
import { walkFolders } from "../../../src/db/schema.ts";
import { setBudget } from "../../../src/db/budgets.ts";
import { aSource, aWalk, anAccount, anObject } from "./rows.ts";
import { items, openWeb, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);

/** A source in the middle of its backfill: 2 folders listed, 4 left, 3 stored, 2 owed. */
async function halfBackfilled(account: Parameters<typeof anAccount>[1] = {}, begunAgo = 20) {
  const { id: accountId } = await anAccount(web.db, { boxUserId: crypto.randomUUID(), ...account });
  const source = await aSource(web.db, accountId);
  const walk = { listedFolders: 2, missing: 5, createdAt: ago(begunAgo) };
  const { id: walkId } = await aWalk(web.db, source, walk);
  await web.db
    .insert(walkFolders)
    .values(["1", "2", "3", "4"].map((folderId) => ({ walkId, folderId })));
  for (const minutes of [1, 2, 3])
    await anObject(web.db, source.id, { state: "stored", storedAt: ago(minutes) });
  await anObject(web.db, source.id, { state: "stored", storedAt: ago(600) });
  await anObject(web.db, source.id, { state: "pending" });
  await anObject(web.db, source.id, { state: "waiting" });
  return { accountId, source, path: `/api/sources/${source.id}` };
}

const forecastAt = async (path: string) => {
  const { forecast } = (await web.get(path)).body["backfill"] as Record<string, unknown>;
  return forecast as { endsAt: string | null; [field: string]: unknown };
};

test("a source under backfill says when it will be through, and from what that is told", async () => {
  const { accountId, path } = await halfBackfilled();
  const forecast = await forecastAt(path);
  expect(forecast).toEqual({
    endsAt: expect.any(String),
    filesLeft: 2 + 10,
    filesPerMinute: expect.closeTo(1, 1),
    limitedBy: "speed",
    reason: null,
  });
  expect(Date.parse(String(forecast.endsAt))).toBeGreaterThan(Date.now());
  const listed = items<{ backfill: { forecast: object } }>(
    await web.get(`/api/sources?accountId=${accountId}`),
  );
  expect(listed.map(({ backfill }) => backfill.forecast)).toEqual([
    expect.objectContaining({ filesLeft: 12, limitedBy: "speed" }),
  ]);
});

test("what was stored before the backfill began is no part of its speed", async () => {
  const { path } = await halfBackfilled({}, 2.5);
  const { filesPerMinute } = await forecastAt(path);
  expect(filesPerMinute).toBeCloseTo(2 / 2, 1);
});

test("a month without calls for backfills has no end to tell, and says so", async () => {
  const { path } = await halfBackfilled({ boxUserId: "spent" });
  await setBudget(web.db, "spent", { callsPerMonth: 0 });
  expect(await forecastAt(path)).toMatchObject({
    endsAt: null,
    reason: expect.stringMatching("budget"),
  });
});

test("while a source or its account rests there is no end to tell, and that is why", async () => {
  const { path } = await halfBackfilled({
    state: "needs_relogin",
    reason: "Box refuses the login",
  });
  expect(await forecastAt(path)).toMatchObject({ endsAt: null, reason: "Box refuses the login" });
  await web.post(`${path}/pause`);
  expect(await forecastAt(path)).toMatchObject({ endsAt: null, reason: "The source is paused" });
});

test("listed and still owing, a source has a forecast; with nothing left it has none", async () => {
  const { id: accountId } = await anAccount(web.db);
  const source = await aSource(web.db, accountId);
  await aWalk(web.db, source, { state: "done", listedFolders: 1 });
  const path = `/api/sources/${source.id}`;
  expect(await forecastAt(path)).toBeNull();
  await anObject(web.db, source.id, { state: "pending" });
  expect(await forecastAt(path)).toMatchObject({
    endsAt: null,
    filesLeft: 1,
    filesPerMinute: null,
    reason: "Nothing was stored in the last quarter of an hour",
  });
});
