import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { News } from "../../src/core/change.ts";
import { askForBackfill } from "../../src/operations/backfills.ts";
import { editSource } from "../../src/operations/edit-source.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { rows } from "../../src/db/open.ts";
import { accountForEach } from "../support/for-each.ts";
import { INBOX, owed, seedSource, versionSeen, way } from "../support/seed.ts";

/** What a source asks for beside its masks, from the news to the debt. */
const at = accountForEach();

const record = (...news: News[]) =>
  at.db.transaction((tx) =>
    recordChanges(tx, { accountId: at.account, door: "listing", prefix: "", news }),
  );

const file = (id: string, name: string, fact: object = {}, below: string[] = []) =>
  versionSeen({
    fileId: id,
    versionId: `${id}00`,
    name,
    ancestors: [...INBOX, ...way(...below)],
    fact,
  });

const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000);

/** One file for each rule, and one that is wanted. */
const SEEN = [
  file("1", "wanted.csv", { sizeBytes: 10, createdAt: daysAgo(1) }),
  file("2", "old.csv", { sizeBytes: 10, createdAt: daysAgo(9) }),
  file("3", "small.csv", { sizeBytes: 4, createdAt: daysAgo(1) }),
  file("4", "large.csv", { sizeBytes: 21, createdAt: daysAgo(1) }),
  file("5", "a.tmp", { sizeBytes: 10 }),
  file("6", "draft.csv", { sizeBytes: 10 }),
  file("7", "below.csv", { sizeBytes: 10 }, ["20 Below"]),
];
const RULES = {
  include: ["**/*.csv"],
  exclude: ["**/draft.*"],
  subfolders: false,
  minBytes: 5,
  maxBytes: 20,
  maxAgeDays: 7,
};

test("each rule keeps out what it should, and the tally says which rule did", async () => {
  const source = await seedSource(at.db, at.account, "10", RULES);
  const { tallies } = await record(...SEEN);
  expect(await owed(at.db)).toEqual(["1-100 wanted.csv pending"]);
  expect(tallies.get(source)).toEqual({
    matched: 1,
    matchedBytes: 10,
    missing: 1,
    skipped: { subfolders: 1, include: 1, exclude: 1, size: 2, age: 1 },
    files: new Set(["1", "3", "4"]),
    unfit: new Set(["3", "4"]),
  });
  const again = await record(...SEEN);
  expect(again.tallies.get(source)).toMatchObject({ matched: 1, missing: 0 });
});

test("overlapping sources each get their own object, by their own rules and path", async () => {
  const outer = await seedSource(at.db, at.account, "10", { maxBytes: 10 });
  const inner = await seedSource(at.db, at.account, "20");
  const { tallies } = await record(
    file("1", "a.csv", { sizeBytes: 10 }, ["20 Below"]),
    file("2", "b.csv", { sizeBytes: 11 }, ["20 Below"]),
  );
  expect(await owed(at.db, outer)).toEqual(["1-100 Below/a.csv pending"]);
  expect(await owed(at.db, inner)).toEqual(["1-100 a.csv pending", "2-200 b.csv pending"]);
  expect(tallies.get(outer)).toMatchObject({ matched: 1, skipped: { size: 1 } });
  expect(tallies.get(inner)).toMatchObject({ matched: 2, matchedBytes: 21, skipped: {} });
});

test("a version that was young when it was first seen is wanted however late its file moves in", async () => {
  await seedSource(at.db, at.account, "90", { maxAgeDays: 7 });
  await seedSource(at.db, at.account, "10", { maxAgeDays: 7 });
  const elsewhere = way("0", "90 Private");
  const seen = { fact: { createdAt: daysAgo(30) } };
  await record(versionSeen({ ...seen, ancestors: elsewhere }));
  expect(await owed(at.db)).toEqual([]);
  await at.db.execute(sql`update versions set seen_at = ${daysAgo(29).toISOString()}`);
  await at.db.execute(sql`update sources set created_at = ${daysAgo(60).toISOString()}`);
  await record(versionSeen({ ...seen, asOf: new Date() }));
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending"]);
});

test("an edited limit withdraws what it no longer wants and owes again what it wants again", async () => {
  const source = await seedSource(at.db, at.account, "10");
  await record(...SEEN);
  await at.db.execute(sql`update objects set state = 'stored', generation = '1',
    stored_bytes = 10 where file_id = '7'`);
  await editSource(at.db, source, RULES);
  const withdrawn = await owed(at.db);
  expect(withdrawn.filter((line) => line.endsWith("withdrawn"))).toHaveLength(5);
  expect(withdrawn).toEqual(
    expect.arrayContaining(["1-100 wanted.csv pending", "7-700 Below/below.csv stored"]),
  );
  await editSource(at.db, source, { maxAgeDays: null, minBytes: null, maxBytes: null });
  expect((await owed(at.db)).filter((line) => line.endsWith("pending"))).toHaveLength(4);
});

const backfills = () =>
  rows<{ id: string; state: string; reason: string; started: boolean }>(
    at.db,
    sql`select id, state, reason, started from walks where kind = 'backfill' order by id`,
  );

test.each([
  [{ maxBytes: 5 }, 1],
  [{ subfolders: false }, 1],
  [{ history: "all" as const }, 1],
  [{ history: "current" as const }, 0],
  [{ tags: ["new"] }, 0],
])("an edit of %j begins %i backfill", async (edit, begun) => {
  const source = await seedSource(at.db, at.account, "10");
  await editSource(at.db, source, edit);
  await editSource(at.db, source, edit);
  expect(await backfills()).toHaveLength(begun);
});

test("a backfill on demand is a new walk, and while it is under way it is not begun again", async () => {
  const source = await seedSource(at.db, at.account, "10");
  const first = await askForBackfill(at.db, source);
  expect(first).toMatchObject({ begun: true });
  await at.db.execute(sql`update walks set started = true`);
  expect(await askForBackfill(at.db, source)).toEqual({ ...first, begun: false });
  await at.db.execute(sql`update walks set state = 'done'`);
  const second = await askForBackfill(at.db, source);
  expect(second).toMatchObject({ begun: true });
  expect(await backfills()).toMatchObject([
    { id: String(first?.walkId), state: "done" },
    { id: String(second?.walkId), state: "due" },
  ]);
});

test("a backfill that was given up is the one that is begun again, so that its failure goes", async () => {
  const source = await seedSource(at.db, at.account, "10");
  const first = await askForBackfill(at.db, source);
  await at.db.execute(
    sql`update walks set state = 'given_up', failure = 'forbidden', attempts = 3`,
  );
  expect(await askForBackfill(at.db, source)).toEqual({ ...first, begun: true });
  expect(await rows(at.db, sql`select state, failure, attempts from walks`)).toEqual([
    { state: "due", failure: null, attempts: 0 },
  ]);
});

test("a source without sub-folders is backfilled by its own folder's rows alone", async () => {
  const source = await seedSource(at.db, at.account, "10", { subfolders: false });
  await askForBackfill(at.db, source);
  const recursive = () => rows(at.db, sql`select recursive from walks`);
  expect(await recursive()).toEqual([{ recursive: false }]);
  await editSource(at.db, source, { subfolders: true });
  expect(await recursive()).toEqual([{ recursive: true }]);
});

test("an edit starts the backfill under way over, and leaves other walks of the source alone", async () => {
  const source = await seedSource(at.db, at.account, "10");
  await askForBackfill(at.db, source);
  await at.db.execute(sql`update walks set started = true, skipped = '{"size": 3}'`);
  await at.db.execute(sql`
    insert into walks (kind, account_id, source_id, folder_id, recursive, reason, door, started)
    values ('sweep', ${at.account}::uuid, ${source}::uuid, '10', true, 'daily', 'listing', true)`);
  await editSource(at.db, source, { maxBytes: 5 });
  expect(await rows(at.db, sql`select kind, started, skipped from walks order by id`)).toEqual([
    { kind: "backfill", started: false, skipped: {} },
    { kind: "sweep", started: true, skipped: {} },
  ]);
});

const readings = () =>
  rows<{ name: string; fields: object | null; misfit: string | null }>(
    at.db,
    sql`select name, path_fields as fields, misfit from objects order by file_id`,
  );

test("what does not fit a path template is owed all the same, flagged with the reason", async () => {
  await seedSource(at.db, at.account, "10", { pathTemplate: "{study}/**" });
  await record(file("1", "a.csv", {}, ["20 S1", "21 raw"]), file("2", "b.csv"));
  expect(await readings()).toMatchObject([
    { fields: { study: "S1" }, misfit: null },
    { fields: {}, misfit: expect.stringMatching(/lies 0 deep/) },
  ]);
});

test("another path template reads again what is not stored, and leaves what is", async () => {
  const source = await seedSource(at.db, at.account, "10", { pathTemplate: "{study}" });
  const below = ["20 S1", "21 raw"];
  await record(file("1", "a.csv", {}, below), file("2", "b.csv", {}, below));
  await at.db.execute(sql`update objects set state = 'stored', generation = '1',
    stored_bytes = 3 where file_id = '2'`);
  await editSource(at.db, source, { pathTemplate: "{study}/{stage}" });
  expect(await readings()).toMatchObject([
    { fields: { study: "S1", stage: "raw" }, misfit: null },
    { fields: { study: "S1" }, misfit: expect.stringMatching(/lies 2 deep/) },
  ]);
  expect(await backfills()).toEqual([]);
  await editSource(at.db, source, { pathTemplate: null });
  expect(await readings()).toMatchObject([
    { fields: {}, misfit: null },
    { fields: { study: "S1" } },
  ]);
});

test("a name template and a prefix of its own name what a source is owed", async () => {
  await seedSource(at.db, at.account, "10", {
    slug: "plates",
    prefix: "team/a",
    pathTemplate: "{study}/**",
    nameTemplate: "study={study}/{year}/{fileId}-{versionId}{extension}",
  });
  await record(
    file("1", "a.csv", { createdAt: new Date("2026-02-03T00:00:00Z") }, ["20 S1"]),
    file("2", "b.csv", { createdAt: undefined }),
  );
  expect(await readings()).toMatchObject([
    { name: "team/a/plates/study=S1/2026/1-100.csv" },
    { name: `team/a/plates/study=_/${new Date().getUTCFullYear()}/2-200.csv` },
  ]);
});

test("rules and templates cost a page of records no statement", async () => {
  const statements = async (...news: News[]) => {
    let counted = 0;
    await at.db.transaction((tx) => {
      const counting = new Proxy(tx, {
        get(target, name: keyof typeof tx) {
          if (["execute", "select", "insert", "update", "delete"].includes(name)) counted++;
          const found: unknown = Reflect.get(target, name);
          return typeof found === "function" ? found.bind(target) : found;
        },
      });
      return recordChanges(counting, { accountId: at.account, door: "listing", prefix: "", news });
    });
    return counted;
  };
  const page = (from: number) =>
    Array.from({ length: 20 }, (_, at) =>
      file(String(from + at), `${from + at}.csv`, {}, ["20 S1"]),
    );
  await seedSource(at.db, at.account, "10");
  const plain = await statements(...page(100));
  const templates = {
    pathTemplate: "{study}/**",
    nameTemplate: "{study}/{fileId}-{versionId}",
  };
  await seedSource(at.db, at.account, "10", {
    ...RULES,
    ...templates,
    subfolders: true,
    minBytes: 1,
  });
  expect(await statements(...page(200))).toBe(plain);
  expect(plain).toBeGreaterThan(4);
  expect(plain).toBeLessThan(15);
});
