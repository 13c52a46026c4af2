import { afterAll, beforeAll, expect, test } from "vitest";
import { checks, positions, webhooks } from "../../../src/db/schema.ts";
import { anAccount, anObject, aSource, aWalk } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());

interface Failure {
  id: string;
  kind: string;
  at: string;
}

/** A source with one failure of each kind, a second apart. */
async function troubled() {
  const { db } = web;
  const account = await anAccount(db);
  const source = await aSource(db, account.id);
  const failed = (second: number) => ({
    failureReason: "Box says no",
    hint: "Ask Box.",
    attempts: 4,
    failedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
  });
  const accountId = account.id;
  const object = await anObject(db, source.id, { state: "given_up", ...failed(1) });
  await db.insert(checks).values({
    accountId,
    fileId: "77",
    reason: "new version",
    door: "webhook",
    dueAt: new Date(),
    state: "given_up",
    ...failed(2),
  });
  await aWalk(db, source, { state: "given_up", ...failed(3) });
  await db.insert(positions).values({
    accountId,
    stream: "changes",
    position: "1",
    failure: "forbidden",
    ...failed(4),
  });
  const [at, reason] = [failed(5).failedAt, "Box does not answer"];
  await db.insert(webhooks).values({
    accountId,
    folderId: "100",
    attempts: 4,
    reason,
    checkedAt: at,
  });
  return { accountId, sourceId: source.id, object };
}

test("everything that a person must look at is listed, newest first, with what to do", async () => {
  const { accountId, sourceId, object } = await troubled();
  const listed = items<Failure>(await web.get(`/api/failures?accountId=${accountId}`));
  expect(listed.map(({ kind }) => kind)).toEqual([
    "keep_webhooks",
    "reconcile",
    "walk_folder",
    "sync_file",
    "store_version",
  ]);
  expect(listed.at(-1)).toEqual({
    id: `store_version:${object.id}`,
    kind: "store_version",
    subject: "run 7/plate.csv",
    reason: "Box says no",
    hint: "Ask Box.",
    attempts: 4,
    at: "2026-01-01T00:00:01.000Z",
    accountId,
    sourceId,
  });
  const paged = await pages<Failure>(web, `/api/failures?accountId=${accountId}`, 2);
  expect(paged.flat()).toEqual(listed);
  expect(paged.map((page) => page.length)).toEqual([2, 2, 1]);
});

test("failures are narrowed by kind and by source", async () => {
  const { accountId, sourceId } = await troubled();
  const kinds = async (query: string) =>
    items<Failure>(await web.get(`/api/failures?${query}`)).map(({ kind }) => kind);
  expect(await kinds(`accountId=${accountId}&kind=sync_file`)).toEqual(["sync_file"]);
  expect(await kinds(`sourceId=${sourceId}`)).toEqual(["walk_folder", "store_version"]);
  expect((await web.get("/api/failures?kind=other")).body["errors"]).toMatchObject([
    { pointer: "/kind" },
  ]);
});

test("failures of every kind are replayed by their ids, and are no failures then", async () => {
  const { accountId } = await troubled();
  const path = `/api/failures?accountId=${accountId}`;
  const failureIds = items<Failure>(await web.get(path)).map(({ id }) => id);
  const rehearsed = await web.post("/api/replays", { failureIds, dryRun: true });
  expect(rehearsed.body).toMatchObject({ chosen: 5, replayed: 0, dryRun: true });
  expect(items(await web.get(path))).toHaveLength(5);

  const done = await web.post("/api/replays", { failureIds });
  expect(done.status).toBe(200);
  expect(done.body).toEqual({ chosen: 5, replayed: 5, objects: 1, others: 4, dryRun: false });
  const left = items<Failure>(await web.get(path)).map(({ kind }) => kind);
  // A stream that Box forbids is a failure until a pass succeeds.
  expect(left).toEqual(["reconcile"]);
});

test("objects are replayed by id, and those of a source by state, time and reason", async () => {
  const { id: accountId } = await anAccount(web.db);
  const { id: sourceId } = await aSource(web.db, accountId);
  const object = async (failureReason: string, day: number) =>
    anObject(web.db, sourceId, {
      state: "given_up",
      failureReason,
      failedAt: new Date(),
      seenAt: new Date(Date.UTC(2026, 0, day)),
    });
  const one = await object("Box says 403", 1);
  await object("Box says 404", 2);
  await object("Box says 403", 3);
  const chosen = async (selection: object) =>
    (await web.post("/api/replays", { ...selection, dryRun: true })).body["chosen"];
  expect(await chosen({ objectIds: [String(one.id)] })).toBe(1);
  expect(await chosen({ sourceId })).toBe(3);
  expect(await chosen({ sourceId, reason: "says 403" })).toBe(2);
  expect(await chosen({ sourceId, reason: "403", from: "2026-01-02T00:00:00Z" })).toBe(1);
  expect(await chosen({ sourceId, to: "2026-01-02T00:00:00Z" })).toBe(1);
  expect(await chosen({ sourceId, state: "stored" })).toBe(0);
});

test.each([
  ["", {}],
  ["", { failureIds: [], objectIds: [] }],
  ["", { dryRun: true }],
  ["/objectIds/1", { objectIds: ["1", "one"] }],
  ["/objectIds/0", { objectIds: [1] }],
  ["/failureIds/0", { failureIds: ["store_version:"] }],
  ["/failureIds/0", { failureIds: ["reconcile:5"] }],
  ["/failureIds/0", { failureIds: ["other:5"] }],
  ["/sourceId", { sourceId: "inbox" }],
  ["/from", { objectIds: ["1"], from: "2026-01-01T00:00:00Z" }],
  ["/state", { objectIds: ["1"], state: "stored" }],
  ["/state", { sourceId: crypto.randomUUID(), state: "withdrawn" }],
  [
    "/to",
    { sourceId: crypto.randomUUID(), from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z" },
  ],
])("a selection that makes no sense is a 400 at %j", async (pointer, selection) => {
  const refused = await web.post("/api/replays", selection);
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([{ pointer }]);
});

test("past replays are kept with what they asked for, rehearsals are not, newest first", async () => {
  const before = items(await web.get("/api/replays?limit=200")).length;
  await web.post("/api/replays", { objectIds: ["999999"], dryRun: true });
  for (const id of ["999991", "999992", "999993"])
    await web.post("/api/replays", { objectIds: [id] });
  const listed = items(await web.get("/api/replays?limit=200"));
  expect(listed.length - before).toBe(3);
  expect(listed.slice(0, 3)).toMatchObject(
    ["999993", "999992", "999991"].map((id) => ({
      selection: { objectIds: [id] },
      chosen: 0,
      replayed: 0,
    })),
  );
  expect((await pages(web, "/api/replays", 2)).flat()).toEqual(listed);
});
