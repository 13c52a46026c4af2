import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { takePosition } from "../../src/db/positions.ts";
import { createReconcile } from "../../src/jobs/reconcile.ts";
import { createWalkFolder } from "../../src/jobs/walk-folder.ts";
import { inboxForEach } from "../support/for-each.ts";
import { INBOX, owed } from "../support/seed.ts";
import { factOf, fileOf, folderOf, NEVER, pageOf, scriptBox, workbench } from "./workbench.ts";

const at = inboxForEach();

const person = { type: "user", id: "20000001" };

test.each([
  ["changes", { event_type: "COLLAB_ADD_COLLABORATOR", source: { type: "folder", id: "11" } }],
  ["changes", { event_type: "COLLAB_ROLE_CHANGE", source: { ...person, folder_id: "11" } }],
  [
    "admin_logs_streaming",
    { event_type: "COLLABORATION_ACCEPT", source: { ...person, folder_id: "11" } },
  ],
] as const)(
  "files that lay in a folder before it was shared are owed, though only %s tell of the sharing",
  async (stream, event) => {
    await takePosition(at.db, at.account, stream, "1");
    await at.db.execute(sql`update accounts set stream = ${stream}`);
    const shared = { ...event, event_id: "e", created_at: "2026-05-01T12:00:00Z" };
    const old = fileOf("1", factOf("100", "old", "old.csv"), {
      ancestors: undefined,
      parentId: folderId("11"),
    });
    const box = scriptBox({
      events: async (_stream, at) => ({ entries: at === "1" ? [shared] : [], nextPosition: "2" }),
      folder: async (id) => folderOf(id, INBOX),
      folderItems: async () => pageOf({ files: [old] }),
    });
    const { deps } = workbench(at.db, box);
    await createReconcile(deps)({ accountId: at.account, stream }, NEVER);
    expect(await owed(at.db)).toEqual([]);
    const walks = await rows<{ id: string; folder: string }>(
      at.db,
      sql`select id, folder_id as folder from walks`,
    );
    expect(walks).toMatchObject([{ folder: "11" }]);
    await createWalkFolder(deps)({ walkId: Number(walks[0]?.id) }, NEVER);
    expect(await owed(at.db)).toEqual(["1-100 Folder 11/old.csv pending"]);
  },
);
