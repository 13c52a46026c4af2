import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { News } from "../../src/core/change.ts";
import { folderId } from "../../src/core/ids.ts";
import { type Queryable, rows } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import {
  after,
  counts,
  fileTouched,
  folderTouched,
  INBOX,
  NOON,
  owed,
  queuedJobs,
  seedSource,
  sha1,
  versionSeen,
  way,
  wipe,
} from "../support/seed.ts";

const ELSEWHERE = way("0", "90 Private");

const at = inboxForEach({ include: ["**/*.csv"] });

const record = (news: News[], db: Queryable = at.db) =>
  recordChanges(db, { accountId: at.account, door: "events", prefix: "landed", news });

/** In a transaction of its own, as every door does. */
const recordCommitted = (...news: News[]) => at.db.transaction((tx) => record(news, tx));

const checks = () =>
  rows<{ fileId: string; asked: number; reason: string }>(
    at.db,
    sql`select file_id as "fileId", asked, reason from checks order by 1`,
  );

const walks = () =>
  rows<{ folderId: string; asked: number; roundsLeft: number; recursive: boolean }>(
    at.db,
    sql`select folder_id as "folderId", asked, rounds_left as "roundsLeft", recursive from walks
      order by folder_id, recursive`,
  );

test("a folder named with its parent alone is placed by what is remembered, and outside costs nothing", async () => {
  const named = (folder: string, parentId: string): News => ({
    change: {
      kind: "folder",
      folderId: folderId(folder),
      at: { name: `Folder ${folder}`, parentId: folderId(parentId), ancestors: undefined },
      recursive: true,
      repeat: false,
      reason: "UPLOAD",
    },
    asOf: NOON,
  });
  await recordCommitted(versionSeen(), versionSeen({ fileId: "2", ancestors: ELSEWHERE }));
  await recordCommitted(named("92", "90"), named("12", "10"), named("77", "76"));
  expect((await walks()).map((walk) => walk.folderId)).toEqual(["12", "77"]);
  await recordCommitted(fileTouched("5", { parentId: "92" }), fileTouched("6", { parentId: "12" }));
  expect((await checks()).map((check) => check.fileId)).toEqual(["6"]);
});

test("a version in a source is recorded and owed, with a job to pay it", async () => {
  const recorded = await recordCommitted(versionSeen());
  const files = new Set(["1"]);
  const tally = { matched: 1, matchedBytes: 3, missing: 1, skipped: {}, unfit: new Set(), files };
  expect(recorded).toEqual({
    objects: 1,
    checks: 0,
    walks: 0,
    tallies: new Map([[at.source, tally]]),
  });
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending"]);
  const [object] = await rows<{ id: string; name: string }>(
    at.db,
    sql`select id, name from objects`,
  );
  expect(object?.name).toBe(`landed/source-${at.source}/plate.csv/1-100.csv`);
  expect(await queuedJobs(at.db)).toMatchObject([
    { task: "store_version", payload: { objectId: Number(object?.id) } },
  ]);
});

test("the same news again changes nothing, in one batch or in two", async () => {
  await recordCommitted(versionSeen(), versionSeen());
  const before = await counts(at.db);
  expect(before).toMatchObject({ versions: 1, objects: 1, jobs: 1 });
  expect(await recordCommitted(versionSeen())).toMatchObject({ objects: 0, checks: 0 });
  expect(await counts(at.db)).toEqual(before);
});

test("two sources of one folder are owed an object each", async () => {
  const second = await seedSource(at.db, at.account, "10");
  try {
    await recordCommitted(versionSeen());
    expect(await owed(at.db, at.source)).toHaveLength(1);
    expect(await owed(at.db, second)).toHaveLength(1);
  } finally {
    await at.db.execute(sql`update sources set state = 'deleted' where id = ${second}::uuid`);
  }
});

test("a paused source is owed what comes meanwhile, a deleted one nothing", async () => {
  const other = await seedSource(at.db, at.account, "20", { state: "paused" });
  const there = versionSeen({ ancestors: way("0", "20 Other") });
  await recordCommitted(there);
  expect(await owed(at.db, other)).toHaveLength(1);
  await wipe(at.db);
  await at.db.execute(sql`update sources set state = 'deleted' where id = ${other}::uuid`);
  await recordCommitted(there);
  expect(await counts(at.db)).toMatchObject({ versions: 0, objects: 0 });
});

test("a file outside every source leaves no version, object or check", async () => {
  await recordCommitted(
    versionSeen({ ancestors: ELSEWHERE, mayHaveHistory: true }),
    fileTouched("2", { parentId: "90" }),
    folderTouched("91", { ancestors: ELSEWHERE }),
  );
  expect(await counts(at.db)).toEqual({
    versions: 0,
    objects: 0,
    checks: 0,
    walks: 0,
    jobs: 0,
  });
});

test("a remembered folder outside every source makes an event there cost nothing", async () => {
  await recordCommitted(versionSeen({ ancestors: ELSEWHERE }));
  await recordCommitted(fileTouched("2", { parentId: "90" }));
  expect(await checks()).toEqual([]);
});

test("a file in a folder that is not known gets one check, however many signals come", async () => {
  await recordCommitted(fileTouched("2", { parentId: "77" }), fileTouched("2", { parentId: "77" }));
  await recordCommitted(fileTouched("2", { parentId: "77" }));
  expect(await checks()).toEqual([{ fileId: "2", asked: 2, reason: "touched" }]);
});

test("a version whose way down is unknown is checked, not recorded", async () => {
  await recordCommitted(versionSeen({ ancestors: undefined, parentId: "77" }));
  expect(await checks()).toMatchObject([{ fileId: "1" }]);
  expect(await counts(at.db)).toMatchObject({ versions: 0 });
});

test("a version without its way down is placed by what is remembered", async () => {
  await recordCommitted(versionSeen({ fileId: "9", versionId: "900" }));
  await recordCommitted(versionSeen({ ancestors: undefined, parentId: "10" }));
  expect(await owed(at.db)).toContain("1-100 plate.csv pending");
  expect(await checks()).toEqual([]);
});

test("an event that names a recorded version asks for no check, one that names another does", async () => {
  await recordCommitted(versionSeen());
  await recordCommitted(fileTouched("1", { parentId: "10", versionId: "100" }));
  expect(await checks()).toEqual([]);
  await recordCommitted(fileTouched("1", { parentId: "10", versionId: "101" }));
  expect(await checks()).toMatchObject([{ fileId: "1" }]);
});

test("an event that names a recorded version in another folder than its file was seen in asks for a check", async () => {
  await recordCommitted(versionSeen(), folderTouched("11", { ancestors: INBOX }));
  await recordCommitted(fileTouched("1", { parentId: "11", versionId: "100" }));
  expect(await checks()).toMatchObject([{ fileId: "1" }]);
});

test("a version that may have a past is checked once, when it is new", async () => {
  const second = versionSeen({ etag: "1", mayHaveHistory: true });
  await recordCommitted(second);
  expect(await checks()).toMatchObject([{ fileId: "1", asked: 1 }]);
  await recordCommitted(second);
  expect(await checks()).toMatchObject([{ fileId: "1", asked: 1 }]);
});

test("a version that Box describes differently is checked, and the fact stands until then", async () => {
  await recordCommitted(versionSeen());
  await recordCommitted(versionSeen({ fact: { sha1: sha1("b") } }));
  expect(await checks()).toMatchObject([{ fileId: "1" }]);
  await wipe(at.db);
  await recordCommitted(versionSeen());
  await recordCommitted(versionSeen({ fact: { sizeBytes: 4 } }));
  expect(await checks()).toMatchObject([{ fileId: "1" }]);
  expect(await rows(at.db, sql`select sha1, size_bytes::int as size from versions`)).toEqual([
    { sha1: sha1("a"), size: 3 },
  ]);
});

test("a rename into a mask owes every version known of the file", async () => {
  await recordCommitted(versionSeen({ name: "plate.tmp" }));
  await recordCommitted(versionSeen({ name: "plate.tmp", versionId: "101", asOf: after(1) }));
  expect(await owed(at.db)).toEqual([]);
  expect(await counts(at.db)).toMatchObject({ versions: 2 });
  await recordCommitted(versionSeen({ versionId: "101", asOf: after(2) }));
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending", "1-101 plate.csv pending"]);
});

test("a rename out of a mask leaves owed what was owed", async () => {
  await recordCommitted(versionSeen());
  await recordCommitted(versionSeen({ name: "plate.tmp", asOf: after(1) }));
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending"]);
});

test("late news of a file misses no source that the file has moved into meanwhile", async () => {
  await recordCommitted(versionSeen({ versionId: "101", asOf: after(60) }));
  // Uploaded before the rename, told after it.
  await recordCommitted(versionSeen({ name: "plate.tmp", asOf: NOON }));
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending", "1-101 plate.csv pending"]);
});

test("late news of a file that has moved from one source into another is owed to both", async () => {
  const other = await seedSource(at.db, at.account, "20");
  await recordCommitted(versionSeen({ ancestors: way("0", "20 Other"), asOf: after(60) }));
  await recordCommitted(versionSeen({ versionId: "101", asOf: NOON }));
  expect(await owed(at.db, at.source)).toContain("1-101 plate.csv pending");
  expect(await owed(at.db, other)).toEqual(["1-100 plate.csv pending", "1-101 plate.csv pending"]);
});

test("late news never replaces where a file or a folder is by newer news", async () => {
  const nested = (name: string) => way("0", "10 Inbox", `11 ${name}`);
  await recordCommitted(
    versionSeen({ name: "new.csv", ancestors: nested("New"), asOf: after(60) }),
  );
  await recordCommitted(versionSeen({ name: "old.csv", ancestors: nested("Old"), asOf: NOON }));
  expect(
    await rows(
      at.db,
      sql`select (select name from files) as file, (select name from folders where folder_id = '11') as folder`,
    ),
  ).toEqual([{ file: "new.csv", folder: "New" }]);
});

test("newer news replaces where a file or a folder is, also within one batch in any order", async () => {
  const nested = (name: string) => way("0", "10 Inbox", `11 ${name}`);
  const newer = versionSeen({ name: "new.csv", ancestors: nested("New"), asOf: after(60) });
  const older = versionSeen({ name: "old.csv", ancestors: nested("Old"), asOf: NOON });
  for (const batch of [
    [newer, older],
    [older, newer],
  ]) {
    await wipe(at.db);
    await recordCommitted(...batch);
    expect(
      await rows(
        at.db,
        sql`select (select name from files) as file, (select name from folders where folder_id = '11') as folder`,
      ),
    ).toEqual([{ file: "new.csv", folder: "New" }]);
  }
});

test("a walk is asked once for a folder however often it is signalled, with the most later rounds", async () => {
  await recordCommitted(folderTouched("11", { ancestors: INBOX }));
  await recordCommitted(
    folderTouched("11", { ancestors: INBOX, repeat: true }),
    folderTouched("11", { ancestors: INBOX }),
  );
  await recordCommitted(folderTouched("11", { ancestors: INBOX }));
  expect(await walks()).toEqual([{ folderId: "11", asked: 3, roundsLeft: 4, recursive: true }]);
});

test("a shallow and a deep walk of one folder are two", async () => {
  await recordCommitted(
    folderTouched("11", { ancestors: INBOX, recursive: false }),
    folderTouched("11", { ancestors: INBOX }),
  );
  expect(await walks()).toMatchObject([{ recursive: false }, { recursive: true }]);
});

test("a folder of which nobody said where it lies is walked", async () => {
  await recordCommitted(folderTouched("55"));
  expect(await walks()).toMatchObject([{ folderId: "55" }]);
});

test("a transaction that fails leaves neither debts nor jobs", async () => {
  const failing = at.db.transaction(async (tx) => {
    await record([versionSeen(), fileTouched("2"), folderTouched("55")], tx);
    throw new Error("the door failed later");
  });
  await expect(failing).rejects.toThrow("the door failed later");
  expect(await counts(at.db)).toEqual({
    versions: 0,
    objects: 0,
    checks: 0,
    walks: 0,
    jobs: 0,
  });
});
