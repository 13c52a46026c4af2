import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { createSyncFile } from "../../src/jobs/sync-file.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { fileTouched, folderTouched, INBOX, owed } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

/** No version can be committed, though each of the statements before the commit succeeds. */
const at = inboxForEach();
beforeEach(async () => {
  await at.db.execute(sql`
    create function refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$`);
  await at.db.execute(sql`
    create constraint trigger refuse after insert on versions
      deferrable initially deferred for each row execute function refuse()`);
});

const allow = async () => {
  await at.db.execute(sql`drop function refuse cascade`);
  for (const table of ["checks", "walks"])
    await at.db.execute(sql`update ${sql.identifier(table)} set due_at = now()`);
};

const ask = async (news: ReturnType<typeof fileTouched>) => {
  await recordChanges(at.db, { accountId: at.account, door: "events", prefix: "", news: [news] });
  await at.db.execute(sql`update checks set due_at = now()`);
};

const FILE = fileOf("1", factOf("100", "one"));

test("a check whose findings cannot be committed is still to be made", async () => {
  await ask(fileTouched("1"));
  const sync = createSyncFile(workbench(at.db, scriptBox({ file: async () => FILE })).deps);
  expect(await sync({ checkId: 1 }, NEVER)).toMatchObject({ outcome: "set_back" });
  const left = await rows(at.db, sql`select state, attempts, leased_by as by from checks`);
  expect(left).toEqual([{ state: "due", attempts: 1, by: null }]);
  await allow();
  expect(await sync({ checkId: 1 }, NEVER)).toMatchObject({ outcome: "done" });
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending"]);
});

test("a page whose findings cannot be committed is listed again", async () => {
  await ask(folderTouched("11", { ancestors: INBOX }));
  const row = { ...FILE, ancestors: undefined, parentId: folderId("11") };
  const box = scriptBox({
    folder: async (id) => folderOf(id, INBOX),
    folderItems: async () => pageOf({ files: [row] }),
  });
  const walk = createWalkFolder(workbench(at.db, box).deps);
  expect(await walk({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "set_back" });
  const left = await rows(at.db, sql`select listed from walk_folders`);
  expect(left).toEqual([{ listed: false }]);
  await allow();
  expect(await walk({ walkId: 1 }, NEVER)).toMatchObject({ outcome: "done" });
  expect(await owed(at.db)).toEqual(["1-100 Folder 11/plate.csv pending"]);
});
