import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deleteMetadataField, putMetadataField } from "../../src/db/metadata-fields.ts";
import { rows } from "../../src/db/open.ts";
import { editSource } from "../../src/operations/edit-source.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { cloneDatabase } from "../support/database.ts";
import { seedAccount, seedSource, versionSeen, way } from "../support/seed.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.close());

const inside = (fileId: string, folder: string) =>
  versionSeen({ fileId, ancestors: way("0", "10 Inbox", folder) });

test("a path whose value the organisation does not allow is owed all the same, and flagged", async () => {
  await putMetadataField(database.db, {
    name: "site",
    description: null,
    required: false,
    allowedValues: ["Basel"],
  });
  const account = await seedAccount(database.db);
  const source = await seedSource(database.db, account, "10", { pathTemplate: "{site}" });
  await recordChanges(database.db, {
    accountId: account,
    door: "webhook",
    prefix: "",
    news: [inside("1", "20 Basel"), inside("2", "21 Bonn")],
  });
  const flags = () =>
    rows<{ file: string; isMisfit: boolean }>(
      database.db,
      sql`select file_id as file, misfit is not null as "isMisfit" from objects order by 1`,
    );
  expect(await flags()).toEqual([
    { file: "1", isMisfit: false },
    { file: "2", isMisfit: true },
  ]);
  await deleteMetadataField(database.db, "site");
  await editSource(database.db, source, { pathTemplate: "{site}/**" });
  expect((await flags()).map(({ isMisfit }) => isMisfit)).toEqual([false, false]);
});
