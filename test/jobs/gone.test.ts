import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxClient } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createStoreVersion } from "../../src/jobs/store-version.ts";
import { createSyncFile } from "../../src/jobs/sync-file.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { oweWhatCameBack } from "../../src/operations/owe-gone.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import {
  fileTouched,
  folderTouched,
  INBOX,
  queuedJobs,
  seedAccount,
  versionSeen,
  wipe,
} from "../support/seed.ts";
import {
  bytesOf,
  factOf,
  fileOf,
  folderOf,
  NEVER,
  pageOf,
  scriptBox,
  workbench,
} from "./workbench.ts";

const at = inboxForEach();

const FACT = factOf("100", "old");
const NEWER = factOf("200", "new");
const shown = (rest = {}) => fileOf("1", NEWER, { etag: "1", ...rest });
const notFound = () => Promise.reject(new Failure("not_found", "Box answered 404"));

/** An owed version whose content Box refuses with 404, at its last attempt. */
async function attempt(script: Partial<BoxClient>) {
  const record = (news: ReturnType<typeof versionSeen>) =>
    recordChanges(at.db, { accountId: at.account, door: "webhook", prefix: "", news: [news] });
  await record(versionSeen({ fact: FACT }));
  await at.db.execute(sql`update objects set attempts = 3`);
  const box = scriptBox({ download: notFound, ...script });
  const { deps } = workbench(at.db, box);
  const outcome = await createStoreVersion(deps)({ objectId: 1 }, NEVER);
  return { box, deps, outcome, record };
}

const objects = () =>
  rows<Record<string, unknown>>(
    at.db,
    sql`select o.version_id as version, o.state, o.failure, o.hint is not null as hint, o.attempts,
        v.lost_at is not null as lost
      from objects o join versions v on v.file_id = o.file_id and v.version_id = o.version_id
      order by 1`,
  );

const GONE = { version: "100", state: "given_up", failure: "gone", hint: true };

test("a version that Box no longer holds, though it shows the file, is lost, and tried no more", async () => {
  const { box, outcome } = await attempt({
    file: async () => shown(),
    pastVersions: async () => [],
  });
  expect(outcome).toMatchObject({ outcome: "given_up" });
  expect(box.calls).toEqual(["download 1 100", "file 1", "pastVersions 1"]);
  expect(await objects()).toMatchObject([{ ...GONE, lost: true }]);
  // Should only Box's listing have lagged.
  expect(
    await rows(
      at.db,
      sql`select file_id, due_at > now() + interval '50 minutes' as later from checks`,
    ),
  ).toEqual([{ file_id: "1", later: true }]);
});

test("a file that Box does not show, or shows in the trash, is gone, and its version not lost", async () => {
  for (const file of [undefined, shown({ trashed: true })]) {
    await wipe(at.db);
    await attempt({ file: async () => file, pastVersions: async () => [FACT] });
    expect(await objects()).toMatchObject([{ ...GONE, lost: false }]);
  }
});

test("a version that Box lists and does not give is a matter of access", async () => {
  await attempt({ file: async () => shown(), pastVersions: async () => [FACT] });
  expect(await objects()).toMatchObject([{ state: "given_up", failure: "not_found", lost: false }]);
});

test("before the last attempt nothing is read but the content", async () => {
  const { box, deps } = await attempt({ file: async () => undefined });
  await at.db.execute(sql`update objects set state = 'pending', attempts = 0, due_at = now()`);
  box.calls.length = 0;
  expect(await createStoreVersion(deps)({ objectId: 1 }, NEVER)).toMatchObject({
    outcome: "set_back",
  });
  expect(box.calls).toEqual(["download 1 100"]);
});

test("a file restored from the trash is owed again when its check sees it, and stored", async () => {
  const { box, deps, record } = await attempt({ file: async () => undefined });
  await record(fileTouched("1"));
  await at.db.execute(sql`update checks set due_at = now()`);
  Object.assign(box.answers, {
    file: async () => fileOf("1", FACT),
    download: async () => bytesOf("old"),
  });
  expect(await createSyncFile(deps)({ checkId: 1 }, NEVER)).toMatchObject({
    fields: { objects: 1 },
  });
  expect(await objects()).toMatchObject([{ state: "pending", attempts: 0 }]);
  const jobs = await queuedJobs(at.db);
  expect(jobs.filter(({ task }) => task === "store_version").length).toBeGreaterThan(1);
  await createStoreVersion(deps)({ objectId: 1 }, NEVER);
  expect(await objects()).toMatchObject([{ state: "stored" }]);
});

test("a file that its check finds in the trash is not owed again", async () => {
  const trashed = async () => fileOf("1", FACT, { trashed: true });
  const { deps, record } = await attempt({ file: trashed });
  await record(fileTouched("1"));
  await at.db.execute(sql`update checks set due_at = now()`);
  expect(await createSyncFile(deps)({ checkId: 1 }, NEVER)).toMatchObject({ outcome: "done" });
  expect(await objects()).toMatchObject([GONE]);
});

test("what another account is shown is not what came back to this one", async () => {
  await attempt({ file: async () => undefined });
  const other = await seedAccount(at.db);
  const { fileId, version } = fileOf("1", FACT);
  const seen = [{ fileId, versionId: version!.versionId }];
  expect(await oweWhatCameBack(at.db, other, seen)).toBe(0);
  expect(await objects()).toMatchObject([GONE]);
  expect(await oweWhatCameBack(at.db, at.account, seen)).toBe(1);
  expect(await objects()).toMatchObject([{ state: "pending" }]);
});

test("a lost version that Box lists again is lost no longer", async () => {
  const { box, deps, record } = await attempt({
    file: async () => shown(),
    pastVersions: async () => [],
  });
  await record(fileTouched("1"));
  await at.db.execute(sql`update checks set due_at = now()`);
  box.answers.pastVersions = async () => [FACT];
  await createSyncFile(deps)({ checkId: 1 }, NEVER);
  expect((await objects())[0]).toMatchObject({ version: "100", state: "pending", lost: false });
});

test("what a walk lists is owed again, what it lists in the trash is not", async () => {
  const { box, deps } = await attempt({ file: async () => undefined });
  const row = (trashed: boolean) =>
    fileOf("1", FACT, { ancestors: undefined, parentId: folderId("11"), trashed });
  box.answers.folder = async (id) => folderOf(id, INBOX);
  for (const trashed of [true, false]) {
    box.answers.folderItems = async () => pageOf({ files: [row(trashed)] });
    await recordChanges(at.db, {
      accountId: at.account,
      door: "events",
      prefix: "",
      news: [folderTouched("11", { ancestors: INBOX })],
    });
    const [walk] = await rows<{ id: string }>(at.db, sql`select id from walks where state = 'due'`);
    await createWalkFolder(deps)({ walkId: Number(walk?.id) }, NEVER);
    expect(await objects()).toMatchObject([{ state: trashed ? "given_up" : "pending" }]);
  }
});
