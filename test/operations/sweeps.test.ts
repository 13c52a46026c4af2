import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { folderId, type SourceId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { listSweeps, sourcesToSweep, sweptSource } from "../../src/db/sweeps.ts";
import { createStartSweeps } from "../../src/jobs/start-sweeps.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { startSweep } from "../../src/operations/sweeps.ts";
import { aWalk } from "../http/api/rows.ts";
import {
  factOf,
  fileOf,
  folderOf,
  NEVER,
  pageOf,
  scriptBox,
  workbench,
} from "../jobs/workbench.ts";
import { accountForEach } from "../support/for-each.ts";
import { queuedJobs, seedSource, versionSeen, way } from "../support/seed.ts";

const at = accountForEach();
let source: SourceId;
beforeEach(async () => {
  source = await aListedSource();
});

const DAY_MS = 24 * 60 * 60 * 1000;

/** A source whose backfill ended so many hours ago. */
async function aListedSource(hoursAgo = 25, rest = {}) {
  const id = await seedSource(at.db, at.account, "10", { include: ["**/*.csv"] });
  const then = new Date(Date.now() - hoursAgo * 3_600_000);
  const walk = { state: "done", createdAt: then, finishedAt: then, ...rest } as const;
  await aWalk(at.db, { id, accountId: at.account, folderId: "10" }, walk);
  return id;
}

const due = async () => (await sourcesToSweep(at.db, DAY_MS)).map(({ id }) => id);
const start = async () => {
  const { deps } = workbench(at.db, scriptBox());
  return createStartSweeps(deps)({}, NEVER);
};

test("a source is due when it was listed in full a day ago, by whatever walk", async () => {
  expect(await due()).toEqual([source]);
  await at.db.execute(
    sql`update walks set finished_at = now() - interval '23 hours', kind = 'gap'`,
  );
  expect(await due()).toEqual([]);
});

test("one that is being listed, is paused, or whose account waits is not due", async () => {
  for (const statement of [
    sql`update walks set state = 'due'`,
    sql`update sources set state = 'paused'`,
    sql`update accounts set state = 'needs_relogin' where id = ${at.account}::uuid`,
  ]) {
    await at.db
      .transaction(async (tx) => {
        await tx.execute(statement);
        expect(await sourcesToSweep(tx, DAY_MS)).toEqual([]);
        throw new Error("undo");
      })
      .catch((error: Error) => expect(error.message).toBe("undo"));
  }
  expect(await due()).toEqual([source]);
});

test("the sources of an account follow one another, the one listed longest ago first", async () => {
  const older = await aListedSource(30);
  expect(await due()).toEqual([older]);
  expect(await start()).toMatchObject({ outcome: "done", fields: { sweeps: 1 } });
  expect(await start()).toEqual({ outcome: "idle" });
  await at.db.execute(sql`update walks set state = 'done', finished_at = now()`);
  expect(await due()).toEqual([]);
  await at.db.execute(sql`
    update walks set finished_at = now() - interval '25 hours' where source_id = ${source}::uuid`);
  expect(await due()).toEqual([source]);
});

test("a sweep asked for twice at once is one", async () => {
  const swept = await sweptSource(at.db, source);
  if (!swept) throw new Error("no source");
  const begun = await Promise.all([1, 2, 3].map(() => startSweep(at.db, swept, "asked for")));
  expect(begun.filter(Boolean)).toHaveLength(1);
  expect(await queuedJobs(at.db)).toMatchObject([{ task: "walk_folder", priority: 9 }]);
});

test("a sweep counts what Box shows, owes what nobody noticed, and says when that was repaired", async () => {
  const news = [versionSeen({ fileId: "1", versionId: "100" })];
  await recordChanges(at.db, { accountId: at.account, door: "webhook", prefix: "", news });
  const row = (id: string, name: string) =>
    fileOf(id, factOf(`${id}00`, id, name), { ancestors: undefined, parentId: folderId("10") });
  const known = fileOf(
    "1",
    { ...factOf("100", "abc", "plate.csv"), sha1: "a".repeat(40) },
    { ancestors: undefined },
  );
  const files = [known, row("2", "missed.csv"), row("3", "left.tmp")];
  const box = scriptBox({
    folder: async (id) => folderOf(id, way("0")),
    folderItems: async () => pageOf({ files }),
  });
  const { deps } = workbench(at.db, box);
  const swept = await sweptSource(at.db, source);
  if (!swept) throw new Error("no source");
  await startSweep(at.db, swept, "asked for");
  const [begun] = await listSweeps(at.db, source, { limit: 5 });
  expect(begun).toMatchObject({ state: "running", listed: 0, finishedAt: null });
  await createWalkFolder(deps)({ walkId: Number(begun?.id) }, NEVER);

  const found = await rows(
    at.db,
    sql`select file_id as file, door, swept_by::text as sweep, priority from objects
      where source_id = ${source}::uuid order by 1`,
  );
  expect(found).toEqual([
    { file: "1", door: "webhook", sweep: null, priority: 0 },
    { file: "2", door: "listing", sweep: begun?.id, priority: 10 },
  ]);
  const expected = {
    state: "done",
    why: "asked for",
    folders: 1,
    listed: 3,
    listedBytes: 5,
    matched: 2,
    matchedBytes: 4,
    missing: 1,
    skipped: { include: 1 },
  };
  expect(await listSweeps(at.db, source, { limit: 5 })).toMatchObject([
    { ...expected, repaired: 0 },
  ]);
  await at.db.execute(sql`
    update objects set state = 'stored', generation = '1', stored_bytes = 1 where file_id = '2'`);
  expect(await listSweeps(at.db, source, { limit: 5 })).toMatchObject([
    { ...expected, repaired: 1 },
  ]);
});
