import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { rows } from "../../src/db/open.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { aWalk } from "../http/api/rows.ts";
import { inboxForEach } from "../support/for-each.ts";
import { queuedJobs, way } from "../support/seed.ts";
import { folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

/** A gap's walk that was given up like this, and a walk of the source that comes after it. */
async function walkAfter(failure: string, folderId = "10") {
  const source = { id: at.source, accountId: at.account, folderId };
  await aWalk(at.db, source, { kind: "gap", state: "given_up", failure, attempts: 4 });
  await aWalk(at.db, { ...source, folderId: "10" }, { kind: "sweep" });
  const box = scriptBox({
    folder: async (id) => folderOf(id, way("0")),
    folderItems: async () => pageOf({}),
  });
  await createWalkFolder(workbench(at.db, box).deps)({ walkId: 2 }, NEVER);
  const [gap] = await rows<object>(at.db, sql`select state, attempts from walks where id = 1`);
  return gap;
}

test("a gap whose walk was given up because its folder was away is proved when the folder is listed again", async () => {
  expect(await walkAfter("not_found")).toEqual({ state: "due", attempts: 0 });
  expect(await queuedJobs(at.db)).toMatchObject([{ task: "walk_folder", payload: { walkId: 1 } }]);
});

test("one that was given up for another reason, or of a folder that was not listed, waits for a person", async () => {
  expect(await walkAfter("transient")).toMatchObject({ state: "given_up" });
  await at.db.execute(sql`truncate walks restart identity cascade`);
  expect(await walkAfter("not_found", "77")).toMatchObject({ state: "given_up" });
});
