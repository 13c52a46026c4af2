import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { rows } from "../../../src/db/open.ts";
import { sourceId } from "../../../src/core/ids.ts";
import { searchVersions } from "../../../src/db/version-search.ts";
import { editSource } from "../../../src/operations/edit-source.ts";
import { cloneDatabase } from "../../support/database.ts";
import { anAccount, anObject, aSource, aWalk } from "./rows.ts";

let house: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  house = await cloneDatabase();
});
afterAll(() => house.close());

async function aLab() {
  const { db } = house;
  const account = await anAccount(db);
  const source = await aSource(db, account.id);
  return { db, source, id: sourceId(source.id) };
}

/** What is owed by the source, as `path state`, in the order it was seen. */
const owed = async (source: string) =>
  (await searchVersions(house.db, { sourceId: source, limit: 100 }))
    .map(({ path, state }) => `${path} ${state}`)
    .reverse();

const jobs = (task: string) =>
  rows<{ payload: Record<string, number> }>(
    house.db,
    sql`select payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = ${task}
      order by j.id`,
  );

test("a narrower mask withdraws what is owed and no longer matches, and nothing that is stored", async () => {
  const { db, source, id } = await aLab();
  await anObject(db, source.id, { path: "a.tmp", state: "pending" });
  await anObject(db, source.id, { path: "b.tmp", state: "given_up" });
  await anObject(db, source.id, { path: "c.TMP", state: "waiting" });
  await anObject(db, source.id, { path: "d.tmp", state: "stored" });
  await anObject(db, source.id, { path: "e.csv", state: "pending" });
  expect(await editSource(db, id, { exclude: ["**/*.tmp"] })).toBe(true);
  expect(await owed(source.id)).toEqual([
    "a.tmp withdrawn",
    "b.tmp withdrawn",
    "c.TMP withdrawn",
    "d.tmp stored",
    "e.csv pending",
  ]);
});

test("a wider mask owes again what was withdrawn and matches, and wakes its work", async () => {
  const { db, source, id } = await aLab();
  const back = await anObject(db, source.id, { path: "a.tmp", state: "withdrawn", attempts: 4 });
  await anObject(db, source.id, { path: "b.log", state: "withdrawn" });
  await editSource(db, id, { include: ["**/*.tmp"] });
  expect(await owed(source.id)).toEqual(["a.tmp pending", "b.log withdrawn"]);
  expect((await jobs("store_version")).map(({ payload }) => payload)).toEqual([
    { objectId: back.id },
  ]);
});

test("other masks begin the walk over, and a worker that is listing loses its lease", async () => {
  const { db, source, id } = await aLab();
  await aWalk(db, source, { state: "done" });
  const walk = await aWalk(db, source, { leasedBy: crypto.randomUUID(), started: true });
  await editSource(db, id, { include: ["**/*.csv"] });
  const found = await rows<{ id: string; state: string; started: boolean; leased_by: unknown }>(
    db,
    sql`select id, state, started, leased_by from walks where source_id = ${source.id}::uuid order by id`,
  );
  expect(found).toMatchObject([
    { state: "done" },
    { id: String(walk.id), state: "due", started: false, leased_by: null },
  ]);
  expect((await jobs("walk_folder")).at(-1)?.payload).toEqual({ walkId: walk.id });
});

test("the same masks again change nothing", async () => {
  const { db, source, id } = await aLab();
  await aWalk(db, source, { state: "done" });
  const before = await jobs("walk_folder");
  expect(await editSource(db, id, { include: [], exclude: [], tags: ["new"] })).toBe(true);
  expect(await jobs("walk_folder")).toEqual(before);
});

test("a source that is deleted or was never there is not edited", async () => {
  const { db } = await aLab();
  const account = await anAccount(db);
  const gone = await aSource(db, account.id, { state: "deleted" });
  expect(await editSource(db, sourceId(gone.id), { name: "new" })).toBe(false);
  expect(await editSource(db, sourceId(crypto.randomUUID()), { name: "new" })).toBe(false);
});
