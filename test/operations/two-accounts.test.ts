import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { News } from "../../src/core/change.ts";
import type { AccountId, SourceId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { cloneDatabase } from "../support/database.ts";
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
let database: Awaited<ReturnType<typeof cloneDatabase>>;
let first: AccountId;
let second: AccountId;
let secondSource: SourceId;

beforeAll(async () => {
  database = await cloneDatabase();
  first = await seedAccount(database.db);
  second = await seedAccount(database.db);
  await seedSource(database.db, first, "10");
  secondSource = await seedSource(database.db, second, "10", { include: ["**/*.csv"] });
});
beforeEach(() => wipe(database.db));
afterAll(() => database.close());

const record = (account: AccountId, ...news: News[]) =>
  database.db.transaction((tx) =>
    recordChanges(tx, { accountId: account, door: "events", prefix: "", news }),
  );

const checksOf = (account: AccountId) =>
  rows<{ fileId: string }>(
    database.db,
    sql`select file_id as "fileId" from checks where account_id = ${account}::uuid`,
  );

test("a version that another account recorded is owed to this account's sources, too", async () => {
  await record(first, versionSeen());
  await record(second, versionSeen());
  expect(await owed(database.db, secondSource)).toEqual(["1-100 plate.csv pending"]);
});

test("an event that names it is a check while this account has not seen the file", async () => {
  await record(first, versionSeen());
  await record(second, fileTouched("1", { parentId: "10", versionId: "100" }));
  expect(await checksOf(second)).toEqual([{ fileId: "1" }]);
});

test("an event that names it is owed without a call where this account knows the file", async () => {
  await record(second, versionSeen());
  await record(first, versionSeen({ versionId: "101", asOf: after(5) }));
  await record(second, fileTouched("1", { parentId: "10", versionId: "101", asOf: after(5) }));
  expect(await owed(database.db, secondSource)).toEqual([
    "1-100 plate.csv pending",
    "1-101 plate.csv pending",
  ]);
  expect(await checksOf(second)).toEqual([]);
});

test("an event that names it is a check where the file's folder is known no more", async () => {
  await record(second, versionSeen());
  await record(first, versionSeen({ versionId: "101" }));
  await database.db.execute(sql`delete from folders where account_id = ${second}::uuid`);
  await record(second, fileTouched("1", { versionId: "101" }));
  expect(await checksOf(second)).toEqual([{ fileId: "1" }]);
});

test("a file with a past is looked at for each account that begins to owe it", async () => {
  const third = versionSeen({ versionId: "102", etag: "2", mayHaveHistory: true });
  await record(first, third);
  await record(second, third);
  expect(await checksOf(first)).toEqual([{ fileId: "1" }]);
  expect(await checksOf(second)).toEqual([{ fileId: "1" }]);
});

test("a file with a past that enters a source by its name is looked at", async () => {
  const tmp = versionSeen({ name: "plate.tmp", versionId: "102", mayHaveHistory: true });
  await record(first, tmp);
  await record(second, tmp);
  expect(await checksOf(second)).toEqual([]);
  await record(second, versionSeen({ versionId: "102", mayHaveHistory: true, asOf: after(9) }));
  expect(await checksOf(second)).toEqual([{ fileId: "1" }]);
  await wipe(database.db);
  await record(second, versionSeen({ ancestors: [...INBOX, ...way("11 Deep")] }));
  expect(await checksOf(second)).toEqual([]);
});
