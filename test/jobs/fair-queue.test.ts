import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { folderId, type SourceId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { timeOfTurn } from "../../src/db/queue-turns.ts";
import { createStoreVersion } from "../../src/jobs/store-version.ts";
import { editSource } from "../../src/operations/edit-source.ts";
import { PRIORITY } from "../../src/operations/enqueue.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { aWalk } from "../http/api/rows.ts";
import { accountForEach } from "../support/for-each.ts";
import { seedSource, way } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = accountForEach();

const CUT = new Failure("transient", "The connection to Box failed");

let nextFile = 1;
let nextFolder = 20;

/** A source of so many files, in pages of so many. */
async function aSourceOf(files: number, pageLength: number) {
  const folder = String(nextFolder++);
  const source = await seedSource(at.db, at.account, folder);
  const first = nextFile;
  nextFile += files;
  const list = async (marker: string | undefined) => {
    const from = Number(marker ?? 0);
    const length = Math.min(pageLength, files - from);
    const page = Array.from({ length }, (_, index) => {
      const id = String(first + from + index);
      const place = { ancestors: undefined, parentId: folderId(folder) };
      return fileOf(id, factOf(`9${id}`, id, `${id}.csv`), place);
    });
    const next = from + length;
    return pageOf({ files: page, nextMarker: next < files ? String(next) : undefined });
  };
  return { source, folder, list };
}

type Listed = Awaited<ReturnType<typeof aSourceOf>>;

/** Walks the source to its end, as its backfill. */
async function walk(listed: Listed) {
  const { source, folder } = listed;
  const { id } = await aWalk(at.db, { id: source, accountId: at.account, folderId: folder });
  await runWalk(id, listed);
}

async function runWalk(id: number, { list }: Listed) {
  const box = scriptBox({
    folder: async (id) => folderOf(id, way("0")),
    folderItems: (_id, marker) => list(marker),
  });
  const { deps } = workbench(at.db, box);
  await createWalkFolder(deps)({ walkId: id }, NEVER);
}

/** The sources of the next so many stores, in the order in which the queue hands them out. */
async function served(count: number) {
  return rows<{ source: SourceId; job: string; object: string }>(
    at.db,
    sql`
      select o.source_id as source, j.id::text as job, o.id::text as object
      from graphile_worker._private_jobs j
      join objects o on o.id = (j.payload->>'objectId')::bigint
      order by j.priority, j.run_at, j.id limit ${count}::int`,
  );
}

/** Takes the next so many stores off the queue, done. */
async function serve(count: number) {
  const next = await served(count);
  const ids = (key: "job" | "object") => sql.raw(next.map((one) => one[key]).join(","));
  await at.db.execute(sql`delete from graphile_worker._private_jobs where id in (${ids("job")})`);
  await at.db.execute(sql`
    update objects set state = 'stored', generation = '1', stored_bytes = 1
    where id in (${ids("object")})`);
}

const shareOf = (one: Listed, next: { source: SourceId }[]) =>
  next.filter(({ source }) => source === one.source).length;

test("a small source registered behind a huge one has its turn", async () => {
  const huge = await aSourceOf(3000, 1000);
  await walk(huge);
  await serve(1000);
  const small = await aSourceOf(10, 1000);
  await walk(small);
  expect(shareOf(small, await served(20))).toBe(10);
});

test.each([1000, 40])(
  "two equal sources, %i files a page, share alternately",
  async (pageLength) => {
    const [one, other] = [await aSourceOf(1000, pageLength), await aSourceOf(1000, pageLength)];
    await walk(one);
    await walk(other);
    for (let round = 0; round < 10; round++) {
      // So close that the places of one worker are shared, and two accounts are both kept busy.
      expect(shareOf(one, await served(10))).toBe(5);
      await serve(200);
    }
  },
);

test("a source that comes again after it was done waits for nobody, and gains nothing by having waited", async () => {
  const early = await aSourceOf(300, 1000);
  await walk(early);
  await serve(300);
  const other = await aSourceOf(1000, 1000);
  await walk(other);
  await serve(500);
  const again = await aSourceOf(200, 1000);
  await walk(again);
  expect(shareOf(again, await served(200))).toBe(100);
});

test("what an edited mask owes again takes turns, and what its backfill finds comes behind", async () => {
  const edited = await aSourceOf(200, 1000);
  await walk(edited);
  await at.db.execute(sql`update objects set priority = 0`);
  await editSource(at.db, edited.source, { include: ["*.txt"] });
  await at.db.execute(sql`delete from graphile_worker._private_jobs`);
  await at.db.execute(sql`update walks set state = 'done'`);
  const huge = await aSourceOf(1000, 1000);
  await walk(huge);
  await serve(500);
  await editSource(at.db, edited.source, { include: [] });
  const more = { ...edited, list: (await aSourceOf(100, 1000)).list };
  const [begun] = await rows<{ id: string }>(at.db, sql`select id from walks where state = 'due'`);
  expect(shareOf(edited, await served(200))).toBe(100);
  await runWalk(Number(begun?.id), more);
  expect(shareOf(edited, await served(200))).toBe(100);
  expect(
    await rows(
      at.db,
      sql`select distinct priority from objects where source_id = ${edited.source}::uuid`,
    ),
  ).toEqual([{ priority: PRIORITY.backfill }]);
});

test("what waits for its next attempt holds no place for those who come", async () => {
  const failing = await aSourceOf(100, 1000);
  await walk(failing);
  await at.db.execute(
    sql`update graphile_worker._private_jobs set run_at = now() + interval '1 hour'`,
  );
  await at.db.execute(sql`update objects set state = 'waiting'`);
  const huge = await aSourceOf(1000, 1000);
  await walk(huge);
  await serve(500);
  const late = await aSourceOf(100, 1000);
  await walk(late);
  expect(shareOf(late, await served(100))).toBe(50);
});

test("what was put off goes before what waits for its first turn, however long that has waited", async () => {
  const huge = await aSourceOf(100, 1000);
  await walk(huge);
  const [first] = await served(1);
  const job = sql.raw(first?.job ?? "");
  await at.db.execute(sql`delete from graphile_worker._private_jobs where id = ${job}`);
  const { deps } = workbench(at.db, scriptBox({ download: () => Promise.reject(CUT) }));
  await createStoreVersion(deps)({ objectId: Number(first?.object) }, NEVER);
  const again = await rows<{ id: string }>(
    at.db,
    sql`
      update graphile_worker._private_jobs set run_at = now()
      where (payload->>'objectId')::bigint = ${first?.object}::bigint returning id::text as id`,
  );
  expect(again).toHaveLength(1);
  expect((await served(1))[0]?.job).toBe(again[0]?.id);
});

test("a turn is always in the past, and a later one later", () => {
  expect(timeOfTurn(1).getTime()).toBeGreaterThan(timeOfTurn(0).getTime());
  expect(timeOfTurn(600_000_000).getTime()).toBeGreaterThan(timeOfTurn(599_999_999).getTime());
  expect(timeOfTurn(Number.MAX_SAFE_INTEGER).getTime()).toBeLessThan(Date.UTC(2020, 0));
});
