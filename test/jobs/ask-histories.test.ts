import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxFile } from "../../src/box/client.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createSyncFile } from "../../src/jobs/sync-file.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { aWalk } from "../http/api/rows.ts";
import { accountForEach } from "../support/for-each.ts";
import { INBOX, queuedJobs, seedSource, way, wipe } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = accountForEach();

const row = (id: string, rest: object = {}) =>
  fileOf(id, factOf(`${id}00`, id, `${id}.${id === "9" ? "tmp" : "csv"}`), {
    ancestors: undefined,
    parentId: folderId("10"),
    etag: "3",
    ...rest,
  });

/** Walks a source of two old files, a new one and one that its masks leave out. */
async function walk(
  kind: "backfill" | "sweep",
  history: "current" | "all",
  files = [row("1"), row("2"), row("3", { etag: "0" }), row("9")],
  random = 0,
) {
  const include = ["**/*.csv"];
  const source = await seedSource(at.db, at.account, "10", { history, include });
  const place = { id: source, accountId: at.account, folderId: "10" };
  const { id } = await aWalk(at.db, place, { kind });
  await list(id, files, random);
  await at.db.execute(sql`update sources set state = 'deleted'`);
}

async function list(walkId: number, files: BoxFile[], random = 0) {
  const box = scriptBox({
    folder: async (id) => folderOf(id, way("0")),
    folderItems: async () => pageOf({ files }),
  });
  const { deps } = workbench(at.db, box);
  await createWalkFolder({ ...deps, random: () => random })({ walkId }, NEVER);
}

const checks = () =>
  rows<{ file: string; reason: string; priority: number }>(
    at.db,
    sql`select file_id as file, reason, priority from checks order by 1`,
  );

test("a backfill of a source that keeps history asks for that of each file that may have one", async () => {
  await walk("backfill", "all");
  const reason = "its source keeps past versions";
  expect(await checks()).toEqual([
    { file: "1", reason, priority: 10 },
    { file: "2", reason, priority: 10 },
  ]);
  const jobs = await queuedJobs(at.db);
  expect(jobs.filter(({ task }) => task === "sync_file")).toMatchObject([
    { priority: 10 },
    { priority: 10 },
  ]);
});

test("a backfill of a source that keeps what is current asks for none", async () => {
  await walk("backfill", "current");
  expect(await checks()).toEqual([]);
});

test("what a backfill finds first for a source that has none under way may have a past, too", async () => {
  // Moved into both: the walk of that signal comes when all is recorded.
  for (const underWay of [false, true]) {
    await wipe(at.db);
    const above = await seedSource(at.db, at.account, "0");
    if (underWay) await aWalk(at.db, { id: above, accountId: at.account, folderId: "0" });
    await walk("backfill", "current", [row("1")]);
    expect(await checks()).toMatchObject(underWay ? [] : [{ file: "1" }]);
  }
});

test("what the source's own backfill met before the signal of its coming has its past read after that, once", async () => {
  const source = await seedSource(at.db, at.account, "10", { include: ["**/*.csv"] });
  const place = { id: source, accountId: at.account, folderId: "10" };
  const files = [row("1"), row("3", { etag: "0" }), row("9")];
  await list((await aWalk(at.db, place)).id, files);
  expect(await checks()).toEqual([]);
  const signalled = async (signalledAt: Date) => {
    await at.db.execute(sql`delete from walks where kind = 'signal'`);
    const signal = { kind: "signal", sourceId: null, signalledAt } as const;
    await list((await aWalk(at.db, place, signal)).id, files);
    return checks();
  };
  const [later, earlier] = [new Date(Date.now() + 3_600_000), new Date(Date.now() - 3_600_000)];
  // Met long before: that it lay there was no news.
  expect(await signalled(later)).toEqual([]);
  const reason = "its past may have come with it";
  expect(await signalled(earlier)).toEqual([{ file: "1", reason, priority: 5 }]);
  await at.db.execute(sql`delete from checks`);
  await at.db.execute(sql`update files set history_at = now()`);
  expect(await signalled(earlier)).toEqual([]);
});

test("what a backfill met before a gap was found has its past read by the walk of the gap", async () => {
  const source = await seedSource(at.db, at.account, "10");
  const place = { id: source, accountId: at.account, folderId: "10" };
  await list((await aWalk(at.db, place)).id, [row("1")]);
  expect(await checks()).toEqual([]);
  const walked = async (signalledAt: Date | null) => {
    await list((await aWalk(at.db, place, { kind: "gap", signalledAt })).id, [row("1")]);
    return checks();
  };
  expect(await walked(null)).toEqual([]);
  expect(await walked(new Date(Date.now() - 3_600_000))).toMatchObject([{ file: "1" }]);
});

test("what is too large now may have been smaller: its past is asked for, by a backfill and by a signal", async () => {
  const rules = { include: ["**/*.csv"], maxBytes: 0 };
  const source = await seedSource(at.db, at.account, "10", { ...rules, history: "all" });
  const place = { id: source, accountId: at.account, folderId: "10" };
  const files = [row("1"), row("3", { etag: "0" }), row("9")];
  await list((await aWalk(at.db, place)).id, files);
  expect(await checks()).toMatchObject([{ file: "1" }]);

  await at.db.execute(sql`delete from checks`);
  await at.db.execute(sql`update sources set history = 'current'`);
  await list((await aWalk(at.db, place)).id, files);
  expect(await checks()).toEqual([]);
  const signalledAt = new Date(Date.now() + 3_600_000);
  const signal = { kind: "signal", sourceId: null, signalledAt } as const;
  await list((await aWalk(at.db, place, signal)).id, files);
  expect(await checks()).toMatchObject([{ file: "1" }]);
  // Read once, all its versions are facts; what comes later is announced.
  await at.db.execute(sql`delete from checks`);
  await at.db.execute(sql`delete from walks where kind = 'signal'`);
  await at.db.execute(sql`update files set history_at = now()`);
  await list((await aWalk(at.db, place, signal)).id, files);
  expect(await checks()).toEqual([]);
});

test("a sweep asks for the histories that were read longest ago, a thirtieth of them", async () => {
  const files = Array.from({ length: 60 }, (_, index) => row(String(100 + index)));
  await walk("backfill", "all", files);
  await at.db.execute(sql`delete from checks`);
  await at.db.execute(sql`
    update files set history_at = case when file_id in ('117', '142')
      then '2026-01-01'::timestamptz else now() end`);
  await walk("sweep", "all", files);
  // The sweep is of another source of the folder: what it finds missing it has checked besides.
  const slice = (await checks()).filter(({ reason }) => reason.includes("longest ago"));
  expect(slice.map(({ file }) => file)).toEqual(["117", "142"]);
});

test("a sweep of a source that keeps no history passes over files not changed since it was registered", async () => {
  const made = (id: string, createdAt: Date) => {
    const file = row(id);
    return { ...file, version: file.version && { ...file.version, createdAt } };
  };
  const files = [made("1", new Date()), made("2", new Date("2026-05-01"))];
  await walk("sweep", "current", files, 0.99);
  await at.db.execute(sql`delete from checks`);
  await walk("sweep", "current", files, 0.99);
  const slice = (await checks()).filter(({ reason }) => reason.includes("longest ago"));
  expect(slice.map(({ file }) => file)).toEqual(["1"]);
});

test("folders of few files have their share of a sweep by chance", async () => {
  await walk("backfill", "all", [row("1")]);
  await at.db.execute(sql`delete from checks`);
  await walk("sweep", "all", [row("1")], 0.95);
  expect((await checks()).map(({ reason }) => reason)).not.toContain(
    "its history was read longest ago",
  );
  await at.db.execute(sql`delete from checks`);
  await walk("sweep", "all", [row("1")], 0.97);
  expect((await checks()).map(({ reason }) => reason)).toContain(
    "its history was read longest ago",
  );
});

test("a check notes when it listed the versions, stands back, and so does what it finds", async () => {
  await walk("backfill", "all", [row("1")]);
  await at.db.execute(sql`update sources set state = 'active'`);
  const current = factOf("100", "1", "1.csv");
  const past = factOf("50", "old", "1.csv");
  const box = scriptBox({
    file: async () => fileOf("1", current, { etag: "3", ancestors: INBOX }),
    pastVersions: async () => [past],
  });
  const { deps } = workbench(at.db, box);
  const turns: unknown[] = [];
  const of: typeof deps.boxes.of = (_account, turn) => {
    turns.push(turn);
    return Promise.resolve(box.client);
  };
  await createSyncFile({ ...deps, boxes: { ...deps.boxes, of } })({ checkId: 1 }, NEVER);
  expect(turns).toEqual([{ urgency: "backfill", key: at.account }]);
  const found = await rows(
    at.db,
    sql`select version_id as version, min(priority)::int as priority from objects group by 1 order by 1`,
  );
  expect(found).toEqual([
    { version: "100", priority: 10 },
    { version: "50", priority: 10 },
  ]);
  const [file] = await rows<{ current: string; at: string | null }>(
    at.db,
    sql`select version_id as current, history_at::text as at from files`,
  );
  expect(file?.current).toBe("100");
  expect(file?.at).not.toBeNull();
});
