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

test("news that does not say which is current leaves what is known", async () => {
  await record(seen("200", versionId("200"), 0));
  await record(seen("100", undefined, 10));
  expect(await current()).toEqual(["200"]);
});
