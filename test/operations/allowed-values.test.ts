import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { deleteMetadataField, putMetadataField } from "../../src/db/metadata-fields.ts";
import { rows } from "../../src/db/open.ts";
import { editSource } from "../../src/operations/edit-source.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { databaseForEach } from "../support/for-each.ts";
import { seedAccount, seedSource, versionSeen, way } from "../support/seed.ts";

const at = databaseForEach();

const inside = (fileId: string, folder: string) =>
  versionSeen({ fileId, ancestors: way("0", "10 Inbox", folder) });

test("a path whose value the organisation does not allow is owed all the same, and flagged", async () => {
  await putMetadataField(at.db, {
    name: "site",
    description: null,
    required: false,
    allowedValues: ["Basel"],
  });
  const account = await seedAccount(at.db);
  const source = await seedSource(at.db, account, "10", { pathTemplate: "{site}" });
  await recordChanges(at.db, {
    accountId: account,
    door: "webhook",
    prefix: "",
    news: [inside("1", "20 Basel"), inside("2", "21 Bonn")],
  });
  const flags = () =>
    rows<{ file: string; isMisfit: boolean }>(
      at.db,
      sql`select file_id as file, misfit is not null as "isMisfit" from objects order by 1`,
    );
  expect(await flags()).toEqual([
    { file: "1", isMisfit: false },
    { file: "2", isMisfit: true },
  ]);
  await deleteMetadataField(at.db, "site");
  await editSource(at.db, source, { pathTemplate: "{site}/**" });
  expect((await flags()).map(({ isMisfit }) => isMisfit)).toEqual([false, false]);
});
