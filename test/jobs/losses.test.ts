import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { rows } from "../../src/db/open.ts";
import { createSyncFile } from "../../src/jobs/sync-file.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { accountForEach } from "../support/for-each.ts";
import {
  after,
  fileTouched,
  owed,
  queuedJobs,
  seedSource,
  versionSeen,
  way,
  wipe,
} from "../support/seed.ts";
import { factOf, fileOf, NEVER, scriptBox, workbench } from "./workbench.ts";

/** A source of the inbox, and one that asks for at least five bytes. */
const at = accountForEach();
beforeEach(async () => {
  await seedSource(at.db, at.account, "10");
  await seedSource(at.db, at.account, "10", { minBytes: 5 });
});

const [V1, V2, V3] = [factOf("101", "one"), factOf("102", "two"), factOf("103", "three")];

const record = (...news: Parameters<typeof recordChanges>[1]["news"]) =>
  recordChanges(at.db, { accountId: at.account, door: "events", prefix: "", news });

const checksLeft = () => rows<{ id: string }>(at.db, sql`select id from checks`);

/** What is kept as lost, as `<file>/<version> <path>, told at <Box's time>`. */
const lost = async () =>
  (
    await rows<{ line: string }>(
      at.db,
      sql`
        select file_id || '/' || version_id || ' ' || path || ' ' || coalesce(size_bytes, -1)
          || ' ' || to_char(told_at at time zone 'UTC', 'HH24:MI:SS') as line
        from losses order by version_id`,
    )
  ).map(({ line }) => line);

/** Works the check of file 1, which is due, with a Box that answers so. */
async function sync(script: Parameters<typeof scriptBox>[0]) {
  await at.db.execute(sql`update checks set due_at = now()`);
  const box = scriptBox(script);
  const [due] = await checksLeft();
  await createSyncFile(workbench(at.db, box).deps)({ checkId: Number(due?.id) }, NEVER);
  return box.calls;
}

/** Events that name versions of file 1 by their ids, a second after each other. */
const name = (...ids: string[]) =>
  record(...ids.map((id, nth) => fileTouched("1", { versionId: id, asOf: after(nth) })));

test("a version that an event named and Box dropped before it was read is kept as lost, once, with Box's time", async () => {
  const history = {
    file: async () => fileOf("1", V3, { etag: "2" }),
    pastVersions: async () => [V2],
  };
  for (let round = 0; round < 2; round++) {
    await name("100", "101", "102", "103");
    await sync(history);
    expect(await lost()).toEqual(["1/100 plate.csv -1 12:00:00", "1/101 plate.csv -1 12:00:01"]);
  }
  expect(await checksLeft()).toEqual([]);
});

test("a version named of a file at its first version is looked for among its past ones before it is called lost", async () => {
  await name("101", "102");
  const calls = await sync({ file: async () => fileOf("1", V2), pastVersions: async () => [V1] });
  expect(calls).toEqual(["file 1", "pastVersions 1"]);
  expect(await lost()).toEqual([]);
});

test("of a version whose size nobody said nothing is claimed for a source that asks for no larger ones", async () => {
  await seedSource(at.db, at.account, "10", { maxBytes: 5 });
  await name("100", "101");
  await sync({ file: async () => fileOf("1", V1, { etag: "1" }), pastVersions: async () => [] });
  expect(await lost()).toEqual(["1/100 plate.csv -1 12:00:00"]);
});

test("what Box shows too little of, or not at all, and what lies in no source, is not called lost", async () => {
  const away: Parameters<typeof scriptBox>[0][] = [
    { file: async () => undefined },
    { file: async () => fileOf("1", V2, { trashed: true }) },
    { file: async () => fileOf("1", undefined, { etag: "1" }), pastVersions: async () => [V2] },
    {
      file: async () => fileOf("1", V2, { etag: "1", ancestors: way("0", "77 Elsewhere") }),
      pastVersions: async () => [],
    },
  ];
  for (const script of away) {
    await wipe(at.db);
    await name("101");
    await sync(script);
    expect(await lost()).toEqual([]);
    expect(await checksLeft()).toEqual([]);
  }
});

test("a version named while its file is read is looked for by the next reading", async () => {
  await name("101");
  await sync({
    file: async () => {
      await name("103");
      return fileOf("1", V1);
    },
  });
  expect(await lost()).toEqual([]);
  await sync({ file: async () => fileOf("1", V1), pastVersions: async () => [] });
  expect(await lost()).toEqual(["1/103 plate.csv -1 12:00:00"]);
});

test("a version shown in a folder whose way was not known is not lost without a word, where its size is asked for", async () => {
  const shown = { ancestors: undefined, parentId: "78" };
  await record(
    versionSeen({ ...shown, fact: { ...V1, sizeBytes: 4 } }),
    versionSeen({ ...shown, fact: { ...V2, sizeBytes: 7 } }),
  );
  await sync({ file: async () => fileOf("1", V3, { etag: "2" }), pastVersions: async () => [] });
  expect(await lost()).toEqual([
    "1/101 plate.csv 4 12:00:00",
    "1/102 plate.csv 7 12:00:00",
    "1/102 plate.csv 7 12:00:00",
  ]);
});

test("what was found lost is looked for once more, an hour later, and is owed should Box have been late", async () => {
  await name("101");
  await sync({ file: async () => fileOf("1", V2), pastVersions: async () => [] });
  expect(await lost()).toHaveLength(1);
  const later = () =>
    rows<{ minutes: number; precaution: boolean }>(
      at.db,
      sql`select round(extract(epoch from due_at - now()) / 60)::int as minutes, precaution from checks`,
    );
  expect(await later()).toEqual([{ minutes: 60, precaution: true }]);
  const [job] = (await queuedJobs(at.db)).filter(
    ({ task, runAt }) => task === "sync_file" && Date.parse(runAt) > Date.now() + 50 * 60_000,
  );
  expect(job).toBeDefined();

  const calls = await sync({ file: async () => fileOf("1", V2), pastVersions: async () => [V1] });
  expect(calls).toEqual(["file 1", "pastVersions 1"]);
  expect(await later()).toEqual([]);
  expect(await owed(at.db)).toContain("1-101 plate.csv pending");
});

test("what is still lost an hour later is looked for no more", async () => {
  await name("101");
  for (let round = 0; round < 2; round++)
    await sync({ file: async () => fileOf("1", V2), pastVersions: async () => [] });
  expect(await checksLeft()).toEqual([]);
});
