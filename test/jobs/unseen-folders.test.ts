import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { BoxClient } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { aWalk } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";
import { owed, way } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

const row = (id: string, folder: string) =>
  fileOf(id, factOf(`${id}00`, id, `${id}.csv`), {
    ancestors: undefined,
    parentId: folderId(folder),
  });

/** A source's folder with folder 12 below, which Box shows when it says so. */
const withChild = (isShown: () => boolean) => async (id: string) => {
  if (id === "12" && !isShown()) throw new Failure("not_found", "Box answered 404");
  return id === "12"
    ? pageOf({ files: [row("2", "12")] })
    : pageOf({ files: [row("1", "10")], folders: [{ folderId: folderId("12"), name: "Below" }] });
};

async function sweep(script: Partial<BoxClient>) {
  await aWalk(at.db, { id: at.source, accountId: at.account, folderId: "10" }, { kind: "sweep" });
  const box = scriptBox({ folder: async (id) => folderOf(id, way("0")), ...script });
  const { deps } = workbench(at.db, box);
  return { box, run: () => createWalkFolder(deps)({ walkId: 1 }, NEVER) };
}

const makeDue = () => at.db.execute(sql`update walks set due_at = now()`);

const walkRow = async () => {
  const [found] = await rows<Record<string, unknown>>(
    at.db,
    sql`select state, attempts, failure, listed_files::int as files, listed_folders::int as folders,
      leased_by as by from walks`,
  );
  return found;
};

test("a folder below that Box does not show is asked for once more, later, before that is its end", async () => {
  const { box, run } = await sweep({ folderItems: withChild(() => false) });
  expect(await run()).toMatchObject({ outcome: "continued" });
  expect(await walkRow()).toMatchObject({ state: "due", attempts: 0, by: null });
  expect(await run()).toEqual({ outcome: "idle" });
  await makeDue();
  expect(await run()).toMatchObject({ outcome: "done" });
  expect(box.calls.filter((call) => call === "folderItems 12")).toHaveLength(2);
  expect(await owed(at.db)).toHaveLength(1);
});

test("a folder below that comes into sight meanwhile is listed", async () => {
  let isShown = false;
  const { run } = await sweep({ folderItems: withChild(() => isShown) });
  await run();
  isShown = true;
  await makeDue();
  expect(await run()).toMatchObject({ outcome: "done" });
  expect(await walkRow()).toMatchObject({ state: "done", files: 2, folders: 2 });
});

test("a sweep proves nothing of folders that are not shown because the source's own is not", async () => {
  let isShown = true;
  const { run } = await sweep({
    folder: async (id) => (isShown ? folderOf(id, way("0")) : undefined),
    folderItems: withChild(() => {
      isShown = false;
      return false;
    }),
  });
  expect(await run()).toMatchObject({ outcome: "set_back" });
  expect(await walkRow()).toMatchObject({ state: "due", failure: "not_found" });
});
