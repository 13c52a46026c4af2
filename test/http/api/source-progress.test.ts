import { afterAll, beforeAll, expect, test } from "vitest";
import { webhooks } from "../../../src/db/schema.ts";
import { findSource, listSources } from "../../../src/db/source-progress.ts";
import { cloneDatabase } from "../../support/database.ts";
import { aSource, aWalk, anAccount, anObject } from "./rows.ts";

let house: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  house = await cloneDatabase();
});
afterAll(() => house.close());

test("a source is counted by state, with the bytes and the time of what is stored", async () => {
  const { db } = house;
  const { id: accountId } = await anAccount(db);
  const { id } = await aSource(db, accountId);
  const newest = new Date("2026-03-01T00:00:00Z");
  await anObject(db, id, { state: "stored", sizeBytes: 3_000_000_000, storedAt: newest });
  await anObject(db, id, { state: "stored", sizeBytes: 5, storedAt: new Date("2026-02-01") });
  await anObject(db, id, { state: "pending", sizeBytes: 7, misfit: "lies 0 deep" });
  await anObject(db, id, { state: "waiting" });
  await anObject(db, id, { state: "given_up" });
  await anObject(db, id, { state: "withdrawn", misfit: "lies 0 deep" });

  const source = await findSource(db, id);

  expect(source?.counts).toEqual({
    stored: 2,
    pending: 1,
    waiting: 1,
    givenUp: 1,
    withdrawn: 1,
    misfits: 1,
    storedBytes: 3_000_000_005,
  });
  expect(source?.lastStoredAt).toEqual(newest);
});

test("a source without objects, walk and webhook has counts of nothing", async () => {
  const { db } = house;
  const { id: accountId } = await anAccount(db);
  const { id } = await aSource(db, accountId);
  const source = await findSource(db, id);
  expect(source).toMatchObject({
    counts: { stored: 0, storedBytes: 0 },
    backfill: { state: "queued", listed: 0 },
    listing: undefined,
    webhook: { state: "polled", reason: "Box has not been asked for a webhook yet" },
    lastStoredAt: undefined,
  });
});

test("the newest walk tells where the backfill stands", async () => {
  const { db } = house;
  const { id: accountId } = await anAccount(db);
  const source = await aSource(db, accountId);
  await aWalk(db, source, { state: "given_up", failureReason: "an old story" });
  await aWalk(db, source, {
    state: "done",
    listedFiles: 12,
    matched: 9,
    listedFolders: 3,
    listedBytes: 120,
    matchedBytes: 90,
    skipped: { size: 3 },
  });
  await aWalk(db, source, { kind: "sweep", listedFiles: 99 });
  await aWalk(db, await aSource(db, accountId), { state: "given_up" });
  expect((await findSource(db, source.id))?.backfill).toMatchObject({
    state: "done",
    listedBytes: 120,
    matchedBytes: 90,
    skipped: { size: 3 },
    listed: 12,
    matched: 9,
    folders: 3,
    foldersLeft: 0,
    reason: undefined,
  });
});

test("how much there is in a source is what its newest listing counted that came to its end, whatever is under way", async () => {
  const { db } = house;
  const { id: accountId } = await anAccount(db);
  const [source, other] = [await aSource(db, accountId), await aSource(db, accountId)];
  const done = { state: "done", skipped: { size: 1 } } as const;
  const at = (hour: number) => new Date(Date.UTC(2026, 4, 1, hour));
  await aWalk(db, source, { ...done, listedFiles: 10, matched: 9, finishedAt: at(1) });
  expect((await findSource(db, source.id))?.listing).toMatchObject({
    kind: "backfill",
    listed: 10,
  });
  const sweep = { kind: "sweep", listedFiles: 12, matched: 11, createdAt: at(2) } as const;
  await aWalk(db, source, { ...done, ...sweep, finishedAt: at(3) });
  await aWalk(db, source, { kind: "gap", listedFiles: 2, started: true });
  await aWalk(db, source, { listedFiles: 3, matched: 1, started: true });
  await aWalk(db, source, { kind: "sweep", state: "given_up", listedFiles: 4 });
  await aWalk(db, other, { ...done, listedFiles: 99, finishedAt: at(4) });

  const [of] = (await listSources(db, { accountId, limit: 9 })).filter(
    ({ id }) => id === source.id,
  );

  expect(of?.listing).toMatchObject({
    kind: "sweep",
    listed: 12,
    matched: 11,
    skipped: { size: 1 },
    startedAt: at(2),
    finishedAt: at(3),
  });
  expect(of?.backfill).toMatchObject({ state: "running", listed: 3, matched: 1 });
});

const LATER = new Date(Date.now() + 3_600_000);
const FAILED = { failureReason: "Box did not answer", hint: "Wait." };

test.each([
  ["queued", "a walk that is due, and that no worker has taken yet", { state: "due" }, {}, {}],
  ["running", "a walk between two turns", { state: "due", started: true }, {}, {}],
  [
    "running",
    "a walk at work, though it failed before",
    { leasedBy: crypto.randomUUID(), ...FAILED },
    {},
    {},
  ],
  ["waiting", "a walk that is tried again later", { dueAt: LATER, ...FAILED }, {}, {}],
  ["waiting", "a paused source", { state: "due" }, { state: "paused" }, {}],
  ["waiting", "a paused account", { state: "due" }, {}, { state: "paused" }],
  ["waiting", "an account that Box refuses", { state: "due" }, {}, { state: "needs_relogin" }],
  ["failed", "a walk that was given up", { state: "given_up", ...FAILED }, {}, {}],
] as const)("a backfill is %s for %s", async (state, _, walk, source, account) => {
  const { db } = house;
  const { id: accountId } = await anAccount(db, account);
  const row = await aSource(db, accountId, source);
  await aWalk(db, row, walk);
  const backfill = (await findSource(db, row.id))?.backfill;
  expect(backfill?.state).toBe(state);
  expect(backfill?.reason === undefined).toBe(state === "running" || state === "queued");
});

const AGAIN = "Nothing: Box is asked again by itself.";

test.each([
  ["registered", "which stands", { state: "registered", boxWebhookId: "5" }, undefined],
  [
    "polled",
    "which cannot be",
    { state: "polled", reason: "No keys", hint: "Make some." },
    "Make some.",
  ],
  [
    "polled",
    "which Box could not make yet",
    { state: "wanted", reason: "Box did not answer" },
    AGAIN,
  ],
] as const)("a webhook is %s %s", async (state, _, webhook, hint) => {
  const { db } = house;
  const { id: accountId } = await anAccount(db);
  const { id, folderId } = await aSource(db, accountId);
  await db.insert(webhooks).values({ accountId, folderId, ...webhook });
  const reason = "reason" in webhook ? webhook.reason : undefined;
  expect((await findSource(db, id))?.webhook).toEqual({ state, reason, hint });
});

test("sources are listed by name whatever its case, page by page, without the deleted", async () => {
  const { db } = house;
  const { id: accountId } = await anAccount(db);
  for (const name of ["beta", "Alpha", "gamma"]) await aSource(db, accountId, { name });
  await aSource(db, accountId, { name: "aardvark", state: "deleted" });
  const first = await listSources(db, { accountId, limit: 2 });
  expect(first.map((source) => source.name)).toEqual(["Alpha", "beta"]);
  const second = await listSources(db, { accountId, after: "beta", limit: 2 });
  expect(second.map((source) => source.name)).toEqual(["gamma"]);
});
