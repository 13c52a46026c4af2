import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { News } from "../../src/core/change.ts";
import { Failure } from "../../src/core/failure.ts";
import { fileId, folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createSyncFile } from "../../src/jobs/sync-file.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import {
  fileTouched,
  INBOX,
  owed,
  queuedJobs,
  sha1,
  versionSeen,
  way,
  wipe,
} from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

const [V1, V2, V3] = [factOf("101", "one"), factOf("102", "two"), factOf("103", "three")];

const record = (...news: Parameters<typeof recordChanges>[1]["news"]) =>
  recordChanges(at.db, { accountId: at.account, door: "webhook", prefix: "", news });

/** A check of file 1 that is due, its job taken off the queue. */
async function check(script: Parameters<typeof scriptBox>[0]) {
  await record(fileTouched("1"));
  await at.db.execute(sql`update checks set due_at = now()`);
  await at.db.execute(sql`delete from graphile_worker._private_jobs`);
  const box = scriptBox(script);
  const bench = workbench(at.db, box);
  return { ...bench, box, sync: createSyncFile(bench.deps) };
}

const touchedIn = (folder: string, file: string): News => ({
  change: { kind: "file", fileId: fileId(file), parentId: folderId(folder), reason: "touched" },
  asOf: new Date(),
});

const checkRows = () =>
  rows<Record<string, unknown>>(
    at.db,
    sql`select state, asked, attempts, failure, leased_by as by, due_at <= now() as due from checks`,
  );

test("a file at its first version costs one call, and its check is gone", async () => {
  const { sync, box } = await check({ file: async () => fileOf("1", V1) });
  expect(await sync({ checkId: 1 }, NEVER)).toMatchObject({ outcome: "done" });
  expect(box.calls).toEqual(["file 1"]);
  expect(await owed(at.db)).toEqual(["1-101 plate.csv pending"]);
  expect(await checkRows()).toEqual([]);
  expect(await sync({ checkId: 1 }, NEVER)).toEqual({ outcome: "idle" });
});

test("a file in a folder that the account does not see costs two calls, and the next one there none", async () => {
  await record(touchedIn("77", "5"));
  await at.db.execute(sql`update checks set due_at = now()`);
  const box = scriptBox({ file: async () => undefined, folder: async () => undefined });
  const { deps } = workbench(at.db, box);
  await createSyncFile(deps)({ checkId: 1 }, NEVER);
  expect(box.calls).toEqual(["file 5", "folder 77"]);
  expect(await checkRows()).toEqual([]);

  await record(touchedIn("77", "6"));
  expect(await checkRows()).toEqual([]);
  // A day later it is asked again: access may have been given without a word.
  await at.db.execute(sql`update folders set as_of = now() - interval '25 hours'`);
  await record(touchedIn("77", "7"));
  expect(await checkRows()).toHaveLength(1);
});

test("a file that is gone from a folder that nothing was known of makes the folder known", async () => {
  await record(touchedIn("78", "5"));
  await at.db.execute(sql`update checks set due_at = now()`);
  const box = scriptBox({
    file: async () => undefined,
    folder: async () => folderOf("78", way("0", "10")),
  });
  await createSyncFile(workbench(at.db, box).deps)({ checkId: 1 }, NEVER);
  const [known] = await rows(
    at.db,
    sql`select parent_id as parent from folders where folder_id = '78'`,
  );
  expect(known).toEqual({ parent: "10" });
});

test("a file with a past owes every version of it, and keeps the door that asked", async () => {
  const { sync, box } = await check({
    file: async () => fileOf("1", V3, { etag: "2" }),
    pastVersions: async () => [V1, V2],
  });
  await sync({ checkId: 1 }, NEVER);
  expect(box.calls).toEqual(["file 1", "pastVersions 1"]);
  expect(await owed(at.db)).toHaveLength(3);
  expect(await rows(at.db, sql`select distinct door from objects`)).toEqual([{ door: "webhook" }]);
});

test("a version saved between the two readings is not lost", async () => {
  let current = V2;
  let past = [V1];
  const { sync } = await check({
    file: async () => fileOf("1", current, { etag: "1" }),
    // Box lists past versions only: the save makes V2 one of them, and V3 is in neither answer.
    pastVersions: async () => {
      if (current === V2) {
        current = V3;
        past = [V1, V2];
      }
      return past;
    },
  });
  await sync({ checkId: 1 }, NEVER);
  expect(await owed(at.db)).toHaveLength(3);
});

test("asked while it ran, it looks again at once", async () => {
  const { sync } = await check({
    file: async () => {
      await record(fileTouched("1"));
      return fileOf("1", V1);
    },
  });
  await sync({ checkId: 1 }, NEVER);
  expect(await checkRows()).toMatchObject([{ state: "due", asked: 2, by: null, due: true }]);
  const jobs = await queuedJobs(at.db);
  expect(jobs.filter(({ task }) => task === "sync_file").length).toBeGreaterThan(0);
});

test("a file that Box does not show, or shows in the trash, leaves nothing to do", async () => {
  for (const file of [undefined, fileOf("1", V1, { trashed: true })]) {
    await wipe(at.db);
    const { sync } = await check({ file: async () => file });
    expect(await sync({ checkId: 1 }, NEVER)).toMatchObject({ outcome: "done" });
    expect(await checkRows()).toEqual([]);
    expect(await owed(at.db)).toEqual([]);
  }
});

test("a passing trouble is waited for in the row, and what cannot be read is given up", async () => {
  const { sync, box } = await check({});
  box.answers.file = () => Promise.reject(new Failure("transient", "Box was away"));
  await sync({ checkId: 1 }, NEVER);
  expect(await checkRows()).toMatchObject([
    { state: "due", attempts: 1, failure: "transient", due: false, by: null },
  ]);
  await at.db.execute(sql`update checks set due_at = now()`);
  box.answers.file = () => Promise.reject(new Failure("forbidden", "Box answered 403"));
  await sync({ checkId: 1 }, NEVER);
  expect(await checkRows()).toMatchObject([{ state: "given_up", failure: "forbidden" }]);
});

test("a fact that Box describes differently is corrected by the check, which then is done", async () => {
  await record(versionSeen({ fact: { ...V1, sha1: sha1("f") } }));
  const { sync } = await check({ file: async () => fileOf("1", V1) });
  await sync({ checkId: 1 }, NEVER);
  expect(await checkRows()).toEqual([]);
  expect(await rows(at.db, sql`select sha1, corrections->0->>'sha1' as old from versions`)).toEqual(
    [{ sha1: V1.sha1, old: sha1("f") }],
  );
});

test("a fact that stored bytes have proved stands, whatever Box says, and ends in no circle", async () => {
  await record(versionSeen({ fact: V1 }));
  await at.db.execute(sql`update objects set state = 'stored', generation = '1', stored_bytes = 1`);
  const { sync } = await check({ file: async () => fileOf("1", { ...V1, sha1: sha1("f") }) });
  await sync({ checkId: 1 }, NEVER);
  expect(await checkRows()).toEqual([]);
  expect(await rows(at.db, sql`select sha1, corrections from versions`)).toEqual([
    { sha1: V1.sha1, corrections: null },
  ]);
});

test("a file shown without its way down is placed by its folder", async () => {
  const { sync, box } = await check({
    file: async () => fileOf("1", V1, { ancestors: undefined }),
    folder: async (id) => folderOf(id, INBOX.slice(0, 1)),
  });
  await sync({ checkId: 1 }, NEVER);
  expect(box.calls).toEqual(["file 1", "folder 10"]);
  expect(await owed(at.db)).toEqual(["1-101 plate.csv pending"]);
  expect(await checkRows()).toEqual([]);
});

test("a file whose folder the account may not see is in no source, and its check ends", async () => {
  for (const parentId of [undefined, fileOf("1", V1).parentId]) {
    await wipe(at.db);
    const { sync } = await check({
      file: async () => fileOf("1", V1, { ancestors: undefined, parentId }),
      folder: async () => undefined,
    });
    await sync({ checkId: 1 }, NEVER);
    expect(await owed(at.db)).toEqual([]);
    expect(await checkRows()).toEqual([]);
  }
});

test("a lease that is lost meanwhile leaves the check to the one who has it", async () => {
  const { sync } = await check({
    file: async () => {
      await at.db.execute(sql`update checks set leased_by = gen_random_uuid(), lease = lease + 1`);
      return fileOf("1", V1);
    },
  });
  await sync({ checkId: 1 }, NEVER);
  const [row] = await checkRows();
  expect(row?.["by"]).not.toBeNull();
});
