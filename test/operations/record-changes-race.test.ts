import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { News } from "../../src/core/change.ts";
import { withdrawObjects } from "../../src/db/debts.ts";
import { type Queryable, rows } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import {
  after,
  counts,
  fileTouched,
  folderTouched,
  INBOX,
  NOON,
  owed,
  seedSource,
  versionSeen,
  way,
} from "../support/seed.ts";

const at = inboxForEach({ include: ["**/*.csv"] });

const record = (db: Queryable, ...news: News[]) =>
  recordChanges(db, { accountId: at.account, door: "webhook", prefix: "", news });

/** Ends when another transaction waits for a lock, or when `other` has ended without waiting. */
async function blockedOrDone(other: Promise<unknown>) {
  let done = false;
  void other.finally(() => (done = true)).catch(() => {});
  for (;;) {
    const waiting = await rows(
      at.db,
      sql`select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (done || waiting.length > 0) return;
  }
}

/** Records both at once: the second begins while the first has written and not committed. */
async function atOnce(first: News[], second: News[]) {
  let other: Promise<unknown> = Promise.resolve();
  await at.db.transaction(async (tx) => {
    await record(tx, ...first);
    other = at.db.transaction((tx) => record(tx, ...second));
    await blockedOrDone(other);
  });
  await other;
}

const known = versionSeen({ name: "plate.tmp" });
const renamed = versionSeen({ name: "plate.csv", asOf: after(120) });
const uploaded = versionSeen({ name: "plate.tmp", versionId: "101", asOf: after(60) });

test.each([
  ["a rename into a mask, then a version under the old name", renamed, uploaded],
  ["a version under the old name, then a rename into a mask", uploaded, renamed],
])("nothing is lost between two doors at once: %s", async (_name, first, second) => {
  await at.db.transaction((tx) => record(tx, known));
  await atOnce([first], [second]);
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending", "1-101 plate.csv pending"]);
});

test("nothing is lost when neither door's file was known before", async () => {
  await atOnce([renamed], [uploaded]);
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending", "1-101 plate.csv pending"]);
});

test("news within the minute in which a place is not written anew waits for the other door, too", async () => {
  await at.db.transaction((tx) => record(tx, known));
  await atOnce([{ ...renamed, asOf: after(2) }], [{ ...uploaded, asOf: after(1) }]);
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending", "1-101 plate.csv pending"]);
});

test("where a folder lies by older news does not replace what a door recorded meanwhile", async () => {
  const under = (name: string, asOf: Date) =>
    versionSeen({ ancestors: [...INBOX, ...way(`11 ${name}`)], asOf });
  await atOnce([under("New", after(60))], [under("Old", NOON)]);
  const names = await rows(at.db, sql`select name from folders where folder_id = '11'`);
  expect(names).toEqual([{ name: "New" }]);
});

test("the same version through two doors at once is owed once", async () => {
  await atOnce([renamed], [renamed]);
  expect(await counts(at.db)).toMatchObject({ versions: 1, objects: 1, jobs: 1 });
});

test("two doors that upload into one folder do not wait for each other", async () => {
  // The queue keeps a task's name from its first job on, and two first ones would wait for each other.
  await record(at.db, versionSeen());
  await at.db.transaction(async (tx) => {
    await record(tx, versionSeen({ fileId: "2", versionId: "200", asOf: after(1) }));
    const other = at.db.transaction((tx) =>
      record(tx, versionSeen({ fileId: "3", versionId: "300", asOf: after(2) })),
    );
    await other;
  });
  expect(await owed(at.db)).toHaveLength(3);
});

test("eight doors over the same folders and files never deadlock", async () => {
  /** Small and repeatable, so that a failure can be met again. */
  let seed = 20260501;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const folder = () => `${20 + random(6)}`;
  const news = (at: number): News => {
    const [upper, lower, file] = [folder(), `${40 + random(6)}`, String(1 + random(15))];
    const ancestors = [...INBOX, ...way(`${upper} U${random(3)}`, `${lower} L${random(3)}`)];
    const asOf = new Date(NOON.getTime() + at * 61_000);
    const kind = random(4);
    if (kind === 0) return folderTouched(lower, { ancestors: ancestors.slice(0, -1), asOf });
    if (kind === 1) return fileTouched(file, { asOf });
    const versionId = `${file}0${random(3)}`;
    return versionSeen({ fileId: file, versionId, name: `${random(2)}.csv`, ancestors, asOf });
  };
  const doors = Array.from({ length: 8 }, async (_, door) => {
    for (let turn = 0; turn < 15; turn++) {
      const batch = Array.from({ length: 12 }, (_, index) => news(turn * 8 + door + index));
      await at.db.transaction((tx) => record(tx, ...batch));
    }
  });
  await Promise.all(doors);
  const [{ doubled } = { doubled: -1 }] = await rows<{ doubled: number }>(
    at.db,
    sql`select count(*)::int as doubled from (
      select from objects group by source_id, file_id, version_id having count(*) > 1) o`,
  );
  expect(doubled).toBe(0);
});

test("a source that is being deleted meanwhile is owed nothing", async () => {
  const source = await seedSource(at.db, at.account, "10");
  let other: Promise<unknown> = Promise.resolve();
  await at.db.transaction(async (tx) => {
    await tx.execute(sql`update sources set state = 'deleted' where id = ${source}::uuid`);
    await withdrawObjects(tx, sql`source_id = ${source}::uuid`);
    other = at.db.transaction((tx) => record(tx, versionSeen({ name: "plate.csv" })));
    await blockedOrDone(other);
  });
  await other;
  expect(await owed(at.db, source)).toEqual([]);
  expect(await owed(at.db)).toEqual(["1-100 plate.csv pending"]);
});
