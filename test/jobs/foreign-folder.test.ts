import { expect, test } from "vitest";
import { sources, walks } from "../../src/db/schema.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { inboxForEach } from "../support/for-each.ts";
import { way } from "../support/seed.ts";
import { folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach({ isExternal: false });

test("a source's folder that was moved to another enterprise is noticed by the walk of that move", async () => {
  await at.db.insert(walks).values({
    accountId: at.account,
    kind: "signal",
    folderId: "10",
    recursive: true,
    reason: "FOLDER.MOVED",
    door: "webhook",
  });
  const box = scriptBox({
    folder: async (id) => ({ ...folderOf(id, way("0")), isExternal: true }),
    folderItems: async () => pageOf({}),
  });
  await createWalkFolder(workbench(at.db, box).deps)({ walkId: 1 }, NEVER);
  expect(await at.db.select().from(sources)).toMatchObject([{ isExternal: true }]);
});
