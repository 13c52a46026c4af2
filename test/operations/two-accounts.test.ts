import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Door, News } from "../../src/core/change.ts";
import type { AccountId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { databaseForEach } from "../support/for-each.ts";
import {
  after,
  fileTouched,
  INBOX,
  owed,
  seedAccount,
  seedSource,
  versionSeen,
  way,
  wipe,
} from "../support/seed.ts";

/** Two accounts see one folder; a version belongs to neither, what is owed to each its own. */
const at = databaseForEach(async (db) => {
  const [first, second] = [await seedAccount(db), await seedAccount(db)];
  await seedSource(db, first, "10");
  const secondSource = await seedSource(db, second, "10", { include: ["**/*.csv"] });
  return { first, second, secondSource };
});

const record = (account: AccountId, ...news: News[]) => recordFrom("events", account, ...news);

const recordFrom = (door: Door, account: AccountId, ...news: News[]) =>
  at.db.transaction((tx) => recordChanges(tx, { accountId: account, door, prefix: "", news }));

const checksOf = (account: AccountId) =>
  rows<{ fileId: string }>(
    at.db,
    sql`select file_id as "fileId" from checks where account_id = ${account}::uuid`,
  );

test("a version that another account recorded is owed to this account's sources, too", async () => {
  await record(at.first, versionSeen());
  await record(at.second, versionSeen());
  expect(await owed(at.db, at.secondSource)).toEqual(["1-100 plate.csv pending"]);
});

test("an event that names it is a check while this account has not seen the file", async () => {
  await record(at.first, versionSeen());
  await record(at.second, fileTouched("1", { parentId: "10", versionId: "100" }));
  expect(await checksOf(at.second)).toEqual([{ fileId: "1" }]);
});

test("an event that names it is owed without a call where this account knows the file", async () => {
  await record(at.second, versionSeen());
  await record(at.first, versionSeen({ versionId: "101", asOf: after(5) }));
  await record(at.second, fileTouched("1", { parentId: "10", versionId: "101", asOf: after(5) }));
  expect(await owed(at.db, at.secondSource)).toEqual([
    "1-100 plate.csv pending",
    "1-101 plate.csv pending",
  ]);
  expect(await checksOf(at.second)).toEqual([]);
});

test("an event that names it is a check where the file's folder is known no more", async () => {
  await record(at.second, versionSeen());
  await record(at.first, versionSeen({ versionId: "101" }));
  await at.db.execute(sql`delete from folders where account_id = ${at.second}::uuid`);
  await record(at.second, fileTouched("1", { versionId: "101" }));
  expect(await checksOf(at.second)).toEqual([{ fileId: "1" }]);
});

test.each(["events", "listing"] as const)(
  "a file with a past is looked at for each account that begins to owe it by %s",
  async (door) => {
    const third = versionSeen({ versionId: "102", etag: "2", mayHaveHistory: true });
    await recordFrom(door, at.first, third);
    await recordFrom(door, at.second, third);
    expect(await checksOf(at.first)).toEqual([{ fileId: "1" }]);
    expect(await checksOf(at.second)).toEqual([{ fileId: "1" }]);
  },
);

test("a file with a past that enters a source by its name is looked at", async () => {
  const tmp = versionSeen({ name: "plate.tmp", versionId: "102", mayHaveHistory: true });
  await record(at.first, tmp);
  await record(at.second, tmp);
  expect(await checksOf(at.second)).toEqual([]);
  await record(at.second, versionSeen({ versionId: "102", mayHaveHistory: true, asOf: after(9) }));
  expect(await checksOf(at.second)).toEqual([{ fileId: "1" }]);
  await wipe(at.db);
  await record(at.second, versionSeen({ ancestors: [...INBOX, ...way("11 Deep")] }));
  expect(await checksOf(at.second)).toEqual([]);
});
