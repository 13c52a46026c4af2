import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { advanceWalk, layFrontier, openFolders, restartFolder } from "../../src/db/frontier.ts";
import { finishWalk, type LeasedWalk, leaseWalk, pauseWalk } from "../../src/db/walks.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { folderTouched, INBOX, seedSource } from "../support/seed.ts";

const at = inboxForEach();
const [ada, bob] = [randomUUID(), randomUUID()];

const ask = (repeat = false) =>
  recordChanges(at.db, {
    accountId: at.account,
    door: "events",
    prefix: "",
    news: [folderTouched("11", { ancestors: INBOX, repeat })],
  });

async function lease(worker = ada): Promise<LeasedWalk> {
  const walk = await leaseWalk(at.db, worker, 1);
  if (!walk) throw new Error("not leased");
  return walk;
}

const walkRow = async () => {
  const [row] = await rows<Record<string, unknown>>(
    at.db,
    sql`select state, started, rounds_left as rounds, listed_files::int as files,
      listed_folders::int as folders, listed_bytes::int as bytes, matched_bytes::int as "matchedBytes",
      missing::int as missing, skipped, leased_by as by, due_at <= now() as due from walks`,
  );
  return row;
};

const frontier = () =>
  rows<{ folder: string; marker: string | null; listed: boolean }>(
    at.db,
    sql`select folder_id as folder, marker, listed from walk_folders order by 1`,
  );

const nextFolder = async (walk: LeasedWalk, ...busy: string[]) =>
  (await openFolders(at.db, walk, busy.map(folderId), 1))[0];

const step = (folder: string, nextMarker: string | undefined, ...subfolders: string[]) => ({
  folder: { folderId: folderId(folder), marker: undefined },
  nextMarker,
  subfolders: subfolders.map(folderId),
  files: 2,
  bytes: 20,
  matched: 1,
  matchedBytes: 10,
  missing: 1,
  skipped: { exclude: 1 },
  turn: undefined,
  isProgress: true,
});

test("a walk is leased to one", async () => {
  await ask();
  const both = await Promise.all([leaseWalk(at.db, ada, 1), leaseWalk(at.db, bob, 1)]);
  expect(both.filter(Boolean)).toHaveLength(1);
});

test("a backfill of a paused source and a walk of a waiting account are not leased", async () => {
  const source = await seedSource(at.db, at.account, "20", { state: "paused" });
  await ask();
  await at.db.execute(sql`update walks set kind = 'backfill', source_id = ${source}::uuid`);
  expect(await leaseWalk(at.db, ada, 1)).toBeUndefined();
  await at.db.execute(sql`update walks set kind = 'signal', source_id = null`);
  await at.db.execute(sql`update accounts set state = 'needs_relogin'`);
  expect(await leaseWalk(at.db, ada, 1)).toBeUndefined();
  await at.db.execute(sql`update accounts set state = 'linked'`);
  expect(await leaseWalk(at.db, ada, 1)).toBeDefined();
});

test("the frontier grows by each folder once, goes on at its marker, and is listed to its end", async () => {
  await ask();
  const walk = await lease();
  await layFrontier(at.db, ada, walk);
  expect(await nextFolder(walk)).toMatchObject({ folderId: "11", marker: undefined });
  expect(await advanceWalk(at.db, ada, walk, step("11", "m1", "12", "13"))).toBeDefined();
  expect(await nextFolder(walk)).toMatchObject({ folderId: "11", marker: "m1" });
  // A tree that leads back to itself.
  await advanceWalk(at.db, ada, walk, step("11", undefined, "12", "11"));
  await advanceWalk(at.db, ada, walk, step("12", undefined, "11"));
  expect(await nextFolder(walk)).toMatchObject({ folderId: "13", marker: undefined });
  await advanceWalk(at.db, ada, walk, step("13", undefined));
  expect(await nextFolder(walk)).toBeUndefined();
  expect(await walkRow()).toMatchObject({
    files: 8,
    folders: 3,
    bytes: 80,
    matchedBytes: 40,
    missing: 4,
    skipped: { exclude: 4 },
  });
  await layFrontier(at.db, ada, walk);
  expect(await walkRow()).toMatchObject({ files: 0, bytes: 0, matchedBytes: 0, skipped: {} });
});

test("a folder that is being listed is not handed out again, and one that was begun goes first", async () => {
  await ask();
  const walk = await lease();
  await layFrontier(at.db, ada, walk);
  await advanceWalk(at.db, ada, walk, step("11", "m1", "12"));
  expect(await openFolders(at.db, walk, [], 5)).toMatchObject([
    { folderId: "11", marker: "m1" },
    { folderId: "12", marker: undefined },
  ]);
  expect(await nextFolder(walk, "11")).toMatchObject({ folderId: "12", marker: undefined });
  expect(await nextFolder(walk, "11", "12")).toBeUndefined();
});

test("a folder whose marker is forgotten is listed from its beginning, and counted as if it had been once", async () => {
  await ask();
  const walk = await lease();
  await layFrontier(at.db, ada, walk);
  await advanceWalk(at.db, ada, walk, step("12", undefined));
  const before = await walkRow();
  const first = await advanceWalk(at.db, ada, walk, step("11", "m1"));
  const pages = { ...step("11", "m2"), ...(first && { folder: first }) };
  await advanceWalk(at.db, ada, walk, pages);
  const [begun] = await openFolders(at.db, walk, [], 1);
  if (!begun) throw new Error("the folder is not there");
  expect(begun).toMatchObject({ marker: "m2", counted: { files: 4, skipped: { exclude: 2 } } });
  expect(await restartFolder(at.db, bob, walk, begun)).toBe(false);
  expect(await restartFolder(at.db, ada, walk, begun)).toBe(true);
  expect(await nextFolder(walk)).toMatchObject({ folderId: "11", marker: undefined });
  // What was missing was owed then, and is not missing again.
  expect(await walkRow()).toEqual({ ...before, missing: 3 });
});

test("a worker that lost its lease of a walk neither moves, begins, pauses nor ends it", async () => {
  await ask();
  const stale = await lease();
  await at.db.execute(sql`update walks set leased_by = null`);
  const held = await lease(bob);
  await layFrontier(at.db, bob, held);
  await advanceWalk(at.db, bob, held, step("11", "m1", "12"));
  const before = [await walkRow(), await frontier()];

  expect(await advanceWalk(at.db, ada, stale, step("11", undefined))).toBeUndefined();
  expect(await layFrontier(at.db, ada, stale)).toBe(false);
  await pauseWalk(at.db, ada, stale);
  expect(await finishWalk(at.db, ada, stale, 0)).toBeUndefined();
  expect([await walkRow(), await frontier()]).toEqual(before);
});

test("a walk without later rounds is done when it was listed", async () => {
  await ask();
  const walk = await lease();
  await layFrontier(at.db, ada, walk);
  expect(await finishWalk(at.db, ada, walk, 0)).toBeUndefined();
  expect(await walkRow()).toMatchObject({ state: "done", started: false, by: null });
  expect(await frontier()).toEqual([]);
});

test("a walk with later rounds is due again, later and one round fewer, and begins anew", async () => {
  await ask(true);
  const walk = await lease();
  expect(walk.roundsLeft).toBe(4);
  await layFrontier(at.db, ada, walk);
  const dueAt = await finishWalk(at.db, ada, walk, 60_000);
  expect(dueAt?.getTime()).toBeGreaterThan(Date.now() + 50_000);
  expect(await walkRow()).toMatchObject({ state: "due", rounds: 3, due: false, started: false });
  expect(await leaseWalk(at.db, ada, 1)).toBeUndefined();
});

test("a walk that was asked for while it ran starts over at once, with all its rounds", async () => {
  await ask(true);
  const walk = await lease();
  await layFrontier(at.db, ada, walk);
  await ask(true);
  expect(await finishWalk(at.db, ada, walk, 60_000)).toBeInstanceOf(Date);
  expect(await walkRow()).toMatchObject({ state: "due", rounds: 4, due: true });
});

test("a signal after a walk is done asks for a new one", async () => {
  await ask();
  await finishWalk(at.db, ada, await lease(), 0);
  await ask();
  expect(await rows(at.db, sql`select state from walks order by id`)).toEqual([
    { state: "done" },
    { state: "due" },
  ]);
});
