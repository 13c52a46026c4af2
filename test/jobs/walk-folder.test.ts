import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxClient } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { folderTouched, INBOX, owed, queuedJobs, way, wipe } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach({ include: ["**/*.csv"] });

/** A row of a listing: Box leaves the way down out of it. */
const row = (id: string, folder = "11", rest: object = {}) =>
  fileOf(id, factOf(`${id}00`, id, `${id}.csv`), {
    ancestors: undefined,
    parentId: folderId(folder),
    ...rest,
  });

const below = (id: string) => [{ folderId: folderId(id), name: `Folder ${id}` }];

/** A walk of folder 11 in the inbox, asked for by a signal, its job taken off the queue. */
async function walk(script: Partial<BoxClient>, signal: { repeat?: boolean } = {}) {
  await recordChanges(at.db, {
    accountId: at.account,
    door: "events",
    prefix: "",
    news: [folderTouched("11", signal)],
  });
  await at.db.execute(sql`delete from graphile_worker._private_jobs`);
  const box = scriptBox({ folder: async (id) => folderOf(id, INBOX), ...script });
  const bench = workbench(at.db, box);
  return { ...bench, box, run: createWalkFolder(bench.deps) };
}

/** Pages by `folder` or `folder marker`. */
const pages =
  (listing: Record<string, ReturnType<typeof pageOf>>): BoxClient["folderItems"] =>
  async (id, marker) => {
    const page = listing[marker === undefined ? id : `${id} ${marker}`];
    if (!page) throw new Error(`nobody told this test about ${id} ${marker}`);
    return page;
  };

const walkRow = async () => {
  const [row] = await rows<Record<string, unknown>>(
    at.db,
    sql`select state, attempts, failure, rounds_left as rounds, listed_files::int as files,
      listed_folders::int as folders, matched::int as matched, leased_by as by from walks`,
  );
  return row;
};

const checks = () => rows(at.db, sql`select file_id as "fileId" from checks order by 1`);

test("lists a tree page by page, and records and owes what it finds", async () => {
  const house = await walk({
    folderItems: pages({
      "11": pageOf({ files: [row("1")], folders: below("12"), nextMarker: "m" }),
      "11 m": pageOf({ files: [row("2")], others: 1 }),
      "12": pageOf({ files: [row("3", "12"), row("4", "12", { trashed: true })] }),
    }),
  });
  expect(await house.run({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "done", note: "Listed" });
  expect(await owed(at.db)).toEqual([
    "1-100 Folder 11/1.csv pending",
    "2-200 Folder 11/2.csv pending",
    "3-300 Folder 11/Folder 12/3.csv pending",
  ]);
  expect(await walkRow()).toMatchObject({ state: "done", files: 4, folders: 2, by: null });
  expect(await checks()).toEqual([]);
  expect(await house.run({ walkId: 1 }, NEVER)).toEqual({ outcome: "idle" });
});

test("a shallow walk lists its own rows alone", async () => {
  const house = await walk({
    folderItems: pages({ "11": pageOf({ files: [row("1")], folders: below("12") }) }),
  });
  await at.db.execute(sql`update walks set recursive = false`);
  await house.run({ walkId: 1 }, NEVER);
  expect(await walkRow()).toMatchObject({ state: "done", folders: 1 });
});

test("goes on after the last page that was kept, without asking for the folder again", async () => {
  const listing = {
    "11": pageOf({ files: [row("1")], nextMarker: "m" }),
    "11 m": pageOf({ files: [row("2")] }),
  };
  const house = await walk({
    folderItems: async (id, marker) => {
      if (marker !== undefined) throw new Failure("transient", "Box was away");
      return pages(listing)(id, marker);
    },
  });
  expect(await house.run({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "set_back" });
  expect(await walkRow()).toMatchObject({ state: "due", files: 1, attempts: 1, by: null });
  expect(await queuedJobs(at.db)).toMatchObject([
    { task: "store_version" },
    { task: "walk_folder" },
  ]);
  await at.db.execute(sql`update walks set due_at = now()`);
  house.box.answers.folderItems = pages(listing);
  house.box.calls.length = 0;
  await house.run({ walkId: 1 }, NEVER);
  expect(house.box.calls).toEqual(["folderItems 11 m"]);
  expect(await owed(at.db)).toHaveLength(2);
  expect(await walkRow()).toMatchObject({ state: "done", files: 2, failure: null });
});

test("a page beyond a folder's first starts the count of attempts anew", async () => {
  const house = await walk({
    folderItems: async (_id, marker) => {
      if (marker === undefined) return pageOf({ nextMarker: "m" });
      if (marker === "m") return pageOf({ nextMarker: "n" });
      throw new Failure("transient", "Box was away");
    },
  });
  await at.db.execute(sql`update walks set attempts = 11`);
  await house.run({ walkId: 1 }, NEVER);
  expect(await walkRow()).toMatchObject({ state: "due", attempts: 1 });
});

test("a folder that Box lets nobody page is given up some day, and is no circle", async () => {
  const house = await walk({
    folderItems: async (_id, marker) => {
      if (marker === undefined) return pageOf({ files: [row("1")], nextMarker: "m" });
      throw new Failure("invalid", "Box answered 400");
    },
  });
  for (let turn = 0; turn < 12; turn++) {
    await house.run({ walkId: 1 }, NEVER);
    await at.db.execute(sql`update walks set due_at = now()`);
  }
  expect(await walkRow()).toMatchObject({ state: "given_up", attempts: 12 });
  expect(house.box.calls.filter((call) => call === "folderItems 11")).toHaveLength(12);
});

test("a marker that Box has forgotten starts the folder anew", async () => {
  let forgotten = true;
  const house = await walk({
    folderItems: async (_id, marker) => {
      if (marker === undefined) return pageOf({ files: [row("1")], nextMarker: "m" });
      if (!forgotten) return pageOf({ files: [row("2")] });
      forgotten = false;
      throw new Failure("invalid", "Box answered 400");
    },
  });
  await house.run({ walkId: 1 }, NEVER);
  expect(await walkRow()).toMatchObject({ state: "due", attempts: 1 });
  await at.db.execute(sql`update walks set due_at = now()`);
  await house.run({ walkId: 1 }, NEVER);
  expect(house.box.calls.filter((call) => call.startsWith("folderItems"))).toEqual([
    "folderItems 11",
    "folderItems 11 m",
    "folderItems 11",
    "folderItems 11 m",
  ]);
  expect(await owed(at.db)).toHaveLength(2);
});

test("a folder that proves to be outside every source has no later rounds, one not to be seen keeps them", async () => {
  const rounds = new Map([
    [folderOf("11", way("0", "90 Private")), { state: "done", rounds: 0 }],
    [undefined, { state: "due", rounds: 3 }],
  ]);
  for (const [answer, standing] of rounds) {
    await wipe(at.db);
    const house = await walk({ folder: async () => answer }, { repeat: true });
    await house.run({ walkId: 1 }, NEVER);
    expect(await walkRow()).toMatchObject(standing);
  }
});

test("a folder outside every source, or not to be seen, is not listed", async () => {
  const answers = [folderOf("11", way("0", "90 Private")), undefined];
  for (const answer of answers) {
    await wipe(at.db);
    const house = await walk({ folder: async () => answer });
    expect(await house.run({ walkId: 1 }, NEVER)).toMatchObject({ note: "Outside every source" });
    expect(house.box.calls).toEqual(["folder 11"]);
    expect(await walkRow()).toMatchObject({ state: "done" });
  }
});

test("a backfill whose folder Box does not show says so to a person", async () => {
  const house = await walk({ folder: async () => undefined });
  await at.db.execute(
    sql`update walks set kind = 'backfill', source_id = ${at.source}::uuid, attempts = 3`,
  );
  expect(await house.run({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "given_up" });
  expect(await walkRow()).toMatchObject({ state: "given_up", failure: "not_found" });
});

test("the source's own folder is listed, and what matches is counted for its backfill", async () => {
  const house = await walk({
    folder: async (id) => folderOf(id, way("0")),
    folderItems: pages({ "10": pageOf({ files: [row("1", "10")] }) }),
  });
  await at.db.execute(
    sql`update walks set kind = 'backfill', folder_id = '10', source_id = ${at.source}::uuid`,
  );
  await house.run({ walkId: 1 }, NEVER);
  expect(await owed(at.db)).toEqual(["1-100 1.csv pending"]);
  expect(await walkRow()).toMatchObject({ matched: 1 });
});

test("what a large copy finishes later is listed after 1, 5, 15 and 60 minutes", async () => {
  const house = await walk({ folderItems: pages({ "11": pageOf() }) }, { repeat: true });
  const waits: number[] = [];
  for (let round = 0; round < 5; round++) {
    await at.db.execute(sql`update walks set due_at = now()`);
    await house.run({ walkId: 1 }, NEVER);
    const [wait] = await rows<{ minutes: number; state: string }>(
      at.db,
      sql`select round(extract(epoch from due_at - now()) / 60)::int as minutes, state from walks`,
    );
    if (wait?.state === "due") waits.push(wait.minutes);
  }
  expect(waits).toEqual([1, 4, 10, 45]);
  expect(await walkRow()).toMatchObject({ state: "done" });
  const jobs = await queuedJobs(at.db);
  expect(jobs.filter(({ task }) => task === "walk_folder")).toHaveLength(4);
});

test("a file that a signal brought in and that may have a past is checked, one of a backfill not", async () => {
  for (const backfill of [false, true]) {
    await wipe(at.db);
    const house = await walk({
      folderItems: pages({ "11": pageOf({ files: [row("1", "11", { etag: "3" })] }) }),
    });
    if (backfill)
      await at.db.execute(sql`update walks set kind = 'backfill', source_id = ${at.source}::uuid`);
    await house.run({ walkId: 1 }, NEVER);
    expect(await checks()).toEqual(backfill ? [] : [{ fileId: "1" }]);
  }
});

test("a row that Box did not fill is looked at by itself", async () => {
  const house = await walk({
    folderItems: pages({ "11": pageOf({ files: [row("1", "11", { version: undefined })] }) }),
  });
  await house.run({ walkId: 1 }, NEVER);
  expect(await checks()).toEqual([{ fileId: "1" }]);
});

test("a lease that is lost while Box answers moves nothing and records nothing", async () => {
  const house = await walk({
    folderItems: async () => {
      await at.db.execute(sql`update walks set leased_by = gen_random_uuid(), lease = lease + 1`);
      return pageOf({ files: [row("1")] });
    },
  });
  await house.run({ walkId: 1 }, NEVER);
  expect(await owed(at.db)).toEqual([]);
  const after = await walkRow();
  expect(after).toMatchObject({ state: "due", files: 0, attempts: 0, failure: null });
  expect(after?.["by"]).not.toBeNull();
  expect(await queuedJobs(at.db)).toEqual([]);
});

test("a walk that our own shutdown stops is due at once, where it was", async () => {
  const stopping = new AbortController();
  const house = await walk({
    folderItems: async (_id, marker) => {
      if (marker === undefined) return pageOf({ files: [row("1")], nextMarker: "m" });
      stopping.abort();
      throw new Error("aborted");
    },
  });
  await house.run({ walkId: 1 }, stopping.signal);
  expect(await walkRow()).toMatchObject({ state: "due", attempts: 0, files: 1, by: null });
});
