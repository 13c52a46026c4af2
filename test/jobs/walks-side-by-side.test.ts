import { sql } from "drizzle-orm";
import * as fc from "../support/dice.ts";
import { expect, test } from "vitest";
import type { BoxClient } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { aWalk } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";
import { owed, way, wipe } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

const row = (id: string, folder: string) =>
  fileOf(id, factOf(`${id}00`, id, `${id}.csv`), {
    ancestors: undefined,
    parentId: folderId(folder),
  });

async function backfill(folderItems: BoxClient["folderItems"]) {
  await aWalk(at.db, { id: at.source, accountId: at.account, folderId: "10" });
  const box = scriptBox({ folder: async (id) => folderOf(id, way("0")), folderItems });
  const { deps } = workbench(at.db, box);
  return { box, run: () => createWalkFolder(deps)({ walkId: 1 }, NEVER) };
}

const walkRow = async () => {
  const [found] = await rows<Record<string, unknown>>(
    at.db,
    sql`select state, attempts, listed_files::int as files, listed_folders::int as folders,
      matched::int as matched, missing::int as missing from walks`,
  );
  return found;
};

const below = (...ids: string[]) => ids.map((id) => ({ folderId: folderId(id), name: id }));
const CHILDREN = Array.from({ length: 12 }, (_, index) => String(100 + index));

test("several folders are listed at once, six and no more, and the end is reached once", async () => {
  let [busy, most] = [0, 0];
  const { run, box } = await backfill(async (id) => {
    if (id === "10") return pageOf({ folders: below(...CHILDREN) });
    most = Math.max(most, ++busy);
    await new Promise((resolve) => setTimeout(resolve, 5));
    busy--;
    return pageOf({ files: [row(`7${id}`, id)] });
  });
  expect(await run()).toMatchObject({ outcome: "done" });
  expect(most).toBe(6);
  expect(new Set(box.calls).size).toBe(box.calls.length);
  expect(await walkRow()).toEqual({
    state: "done",
    attempts: 0,
    files: 12,
    folders: 13,
    matched: 12,
    missing: 12,
  });
  expect(await run()).toEqual({ outcome: "idle" });
});

test("one folder that fails ends the turn, and what the others brought is kept", async () => {
  let isWell = false;
  const { run, box } = await backfill(async (id) => {
    if (id === "10") return pageOf({ folders: below(...CHILDREN) });
    if (id === "100" && !isWell) throw new Failure("transient", "Box was away");
    return pageOf({ files: [row(`7${id}`, id)] });
  });
  expect(await run()).toMatchObject({ outcome: "set_back" });
  const before = await walkRow();
  expect(before).toMatchObject({ state: "due" });
  expect(before?.["files"]).toBe((await owed(at.db)).length);
  isWell = true;
  await at.db.execute(sql`update walks set due_at = now()`);
  expect(await run()).toMatchObject({ outcome: "done" });
  expect(await walkRow()).toMatchObject({ state: "done", files: 12, folders: 13 });
  expect(box.calls.filter((call) => call === "folderItems 100")).toHaveLength(2);
});

test("a walk in any weather lists every folder and owes every file once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 9 }),
      fc.array(fc.nat({ max: 40 }), { maxLength: 6 }),
      async (parents, failing) => {
        await wipe(at.db);
        // Folder n lies in one of those before it; each has a file, on its second page, and the folders again.
        const ids = ["10", ...parents.map((_, index) => String(100 + index))];
        const childrenOf = (id: string) =>
          ids.filter((_, index) => index > 0 && ids[(parents[index - 1] ?? 0) % index] === id);
        let call = 0;
        const { run } = await backfill(async (id, marker) => {
          if (failing.includes(call++)) throw new Failure("transient", "Box was away");
          return marker === undefined
            ? pageOf({ folders: below(...childrenOf(id)), nextMarker: `m${id}` })
            : pageOf({ files: [row(`7${id}`, id)], folders: below(...childrenOf(id)) });
        });
        for (let turn = 0; turn <= failing.length; turn++) {
          await run();
          await at.db.execute(sql`update walks set due_at = now()`);
        }
        const count = ids.length;
        expect(await walkRow()).toMatchObject({ state: "done", files: count, folders: count });
        expect(await owed(at.db)).toHaveLength(count);
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

/** The same database, answering what is asked outside a transaction long after it was so. */
const late = (db: typeof at.db) =>
  new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (name !== "execute") return typeof value === "function" ? value.bind(target) : value;
      return async (statement: Parameters<typeof db.execute>[0]) => {
        const answer = await target.execute(statement);
        await new Promise((resolve) => setTimeout(resolve, 250));
        return answer;
      };
    },
  });

test("a page that ends while the frontier is asked for is gone on from, and so are its subfolders", async () => {
  await aWalk(at.db, { id: at.source, accountId: at.account, folderId: "10" });
  const { client } = scriptBox({
    folder: async (id) => folderOf(id, way("0")),
    folderItems: async (id, marker) => {
      if (id === "11") return pageOf({ files: [row("3", "11")] });
      if (marker === undefined) return pageOf({ files: [row("1", "10")], nextMarker: "m" });
      return pageOf({ files: [row("2", "10")], folders: below("11") });
    },
  });
  const { deps } = workbench(at.db, { client, calls: [], answers: {} });
  const outcome = await createWalkFolder({ ...deps, db: late(at.db) })({ walkId: 1 }, NEVER);
  expect(outcome).toMatchObject({ outcome: "done" });
  expect(await walkRow()).toMatchObject({ state: "done", files: 3, folders: 2 });
});
