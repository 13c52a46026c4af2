import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { News } from "../../src/core/change.ts";
import { folderId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { NOON, seedSource, versionSeen, way } from "../support/seed.ts";

/** The source's folder 10 lies in 5, as a file in it has told. */
const at = inboxForEach();

const hidden = (folder: string): News => ({
  change: { kind: "hidden", folderId: folderId(folder), reason: "ITEM_TRASH" },
  asOf: NOON,
});

/** What is to be looked at after these folders were said to be hidden. */
async function looks(...folders: string[]) {
  const place = way("0", "5 Lab", "10 Inbox", "12 Run");
  const news = [versionSeen({ ancestors: place }), ...folders.map(hidden)];
  await at.db.transaction((tx) =>
    recordChanges(tx, { accountId: at.account, door: "events", prefix: "landed", news }),
  );
  return rows<{ folder: string; recursive: boolean; rounds: number }>(
    at.db,
    sql`select folder_id as folder, recursive, rounds_left as rounds from walks order by folder_id`,
  );
}

test("a source's folder that may be hidden is looked at, its own rows alone", async () => {
  expect(await looks("10")).toEqual([{ folder: "10", recursive: false, rounds: 0 }]);
});

test("so is each that lies below one", async () => {
  await seedSource(at.db, at.account, "12");
  expect((await looks("5")).map(({ folder }) => folder)).toEqual(["10", "12"]);
});

test("a folder inside a source, or outside of all, costs nothing", async () => {
  expect(await looks("12", "13", "77")).toEqual([]);
});
