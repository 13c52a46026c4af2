import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { type VersionId, versionId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { after, versionSeen } from "../support/seed.ts";

const at = inboxForEach();

/** News of a version of file 1, with what Box then said was its current one. */
function seen(version: string, current: VersionId | undefined, seconds: number) {
  const news = versionSeen({ versionId: version, asOf: after(seconds), fact: fact(version) });
  if (news.change.kind !== "version") throw new Error("not a version");
  return { ...news, change: { ...news.change, file: { ...news.change.file, versionId: current } } };
}
const fact = (id: string) => ({ versionId: versionId(id) });

const record = (...news: ReturnType<typeof seen>[]) =>
  recordChanges(at.db, { accountId: at.account, door: "webhook", prefix: "", news });

const current = async () => {
  const found = await rows<{ version: string | null }>(
    at.db,
    sql`select version_id as version from files`,
  );
  return found.map(({ version }) => version);
};

test("a file's current version is the one of the newest news, in whatever order it comes", async () => {
  await record(seen("200", versionId("200"), 10));
  await record(seen("100", versionId("100"), 0));
  expect(await current()).toEqual(["200"]);
  await record(seen("300", versionId("300"), 20), seen("250", versionId("250"), 15));
  expect(await current()).toEqual(["300"]);
});

test("a later version is the current one though its id is lower", async () => {
  await record(seen("200", versionId("200"), 10));
  await record(seen("900", versionId("900"), 0));
  expect(await current()).toEqual(["200"]);
  await record(seen("100", versionId("100"), 20));
  expect(await current()).toEqual(["100"]);
  await record(seen("800", versionId("800"), 30), seen("50", versionId("50"), 40));
  expect(await current()).toEqual(["50"]);
});

test("past versions that a check records leave it the current one", async () => {
  const now = versionId("200");
  await record(seen("200", now, 10), seen("100", now, 10), seen("150", now, 10));
  expect(await current()).toEqual(["200"]);
});

/** News of the file's first second, with Box's count of its changes. */
function counted(version: string, sequence: string | undefined, seconds = 0) {
  const news = seen(version, versionId(version), seconds);
  const file = { ...news.change.file, name: `${version}.csv`, sequence };
  return { ...news, change: { ...news.change, file } };
}

const called = async () => {
  const found = await rows<{ name: string }>(at.db, sql`select name from files`);
  return found.map(({ name }) => name);
};

test("of two saves or names of one second the one that Box counts as later stands, in whatever order they come", async () => {
  await record(counted("100", "9"));
  await record(counted("300", "11"));
  await record(counted("200", "10"));
  expect([...(await current()), ...(await called())]).toEqual(["300", "300.csv"]);
  await record(counted("500", "13"), counted("400", "12"));
  expect([...(await current()), ...(await called())]).toEqual(["500", "500.csv"]);
});

test("a reading that began in the second of a save, before it, does not undo it", async () => {
  await record(counted("200", "10"));
  await record(counted("100", "9", 0.4));
  expect(await current()).toEqual(["200"]);
  // What was read before the save, and is told later.
  await record(counted("300", "11", -0.4));
  expect(await current()).toEqual(["300"]);
});

test("beyond a second Box's time decides, and so it does where Box does not count", async () => {
  await record(counted("200", "10"));
  await record(counted("100", "9", 1));
  expect(await current()).toEqual(["100"]);
  await record(counted("300", undefined, 1));
  expect(await current()).toEqual(["100"]);
  await record(counted("300", undefined, 1.1));
  expect(await current()).toEqual(["300"]);
});

test("news that does not say which is current leaves what is known", async () => {
  await record(seen("200", versionId("200"), 0));
  await record(seen("100", undefined, 10));
  expect(await current()).toEqual(["200"]);
});
