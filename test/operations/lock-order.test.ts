import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { fileId, folderId, type SourceId, sourceId, versionId } from "../../src/core/ids.ts";
import { oweObjects } from "../../src/db/debts.ts";
import { oweGoneAgain } from "../../src/db/gone.ts";
import { rows } from "../../src/db/open.ts";
import { noteOwnership } from "../../src/db/streams.ts";
import { askForBackfill } from "../../src/operations/backfills.ts";
import { deleteAccount } from "../../src/operations/delete-account.ts";
import { editSource } from "../../src/operations/edit-source.ts";
import { accountForEach } from "../support/for-each.ts";
import { seedSource } from "../support/seed.ts";

const at = accountForEach();

/** The sources in the order of their ids; their rows lie the other way round. */
let ordered: SourceId[];

beforeEach(async () => {
  const ids = Array.from({ length: 9 }, (_, n) => `00000000-0000-0000-0000-00000000000${n}`);
  for (const id of ids.toReversed()) await seedSource(at.db, at.account, "10", { id });
  ordered = ids.map(sourceId);
  await at.db.execute(sql`
    insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    values ('1', '1', repeat('a', 40), 1, 'a.csv', 'listing')`);
});

const record = () =>
  at.db.transaction((tx) =>
    oweObjects(
      tx,
      ordered.map((sourceId) => ({
        sourceId,
        fileId: fileId("1"),
        versionId: versionId("1"),
        name: sourceId,
        path: "a.csv",
        pathFields: undefined,
        misfit: undefined,
      })),
      { door: "listing", priority: 0, sweep: undefined },
    ),
  );

const remove = () =>
  deleteAccount(
    {
      db: at.db,
      boxes: { of: () => Promise.reject(new Error("Box is away")) } as never,
      webhookBase: undefined,
    },
    at.account,
  );

const others: Record<string, () => Promise<unknown>> = {
  "an account is deleted": remove,
  "somebody notes whose their folder is": () =>
    noteOwnership(at.db, at.account, { folderId: folderId("10"), isExternal: true }),
};

/** Until so many wait for a lock. */
async function waiting(count: number) {
  for (;;) {
    const found = await rows(
      at.db,
      sql`select pid from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (found.length >= count) return;
  }
}

test.each(Object.entries(others))(
  "what is owed to many sources is recorded while %s, and neither waits for the other for ever",
  async (_, other) => {
    let both: Promise<unknown> = Promise.resolve();
    // Whoever holds the one in the middle has them stop there, each with what it took on its way.
    await at.db.transaction(async (tx) => {
      await tx.execute(sql`select from sources where id = ${ordered[4]}::uuid for update`);
      both = Promise.all([record(), other()]);
      await waiting(2);
    });
    await both;
  },
);

/** Objects of a source that were given up because Box showed their files no longer, in the order of their ids. */
async function giveUpGone(source: SourceId, files: string[]) {
  const owed = await oweObjects(
    at.db,
    files.map((file) => ({
      sourceId: source,
      fileId: fileId(file),
      versionId: versionId("1"),
      name: file,
      path: "a.csv",
      pathFields: undefined,
      misfit: undefined,
    })),
    { door: "listing", priority: 0, sweep: undefined },
  );
  await at.db.execute(sql`update objects set state = 'given_up', failure = 'gone'`);
  return owed;
}

const shown = (file: string) => ({ fileId: fileId(file), versionId: versionId("1") });

test("a source is edited while a listing is shown again what was gone, and then comes to its walk", async () => {
  const [source] = ordered;
  if (!source) throw new Error("no source");
  const [object] = await giveUpGone(source, ["1"]);
  await askForBackfill(at.db, source);
  let edited: Promise<boolean> | undefined;
  await at.db.transaction(async (listing) => {
    expect(await oweGoneAgain(listing, at.account, [shown("1")])).toEqual([
      { id: object, priority: 0 },
    ]);
    edited = editSource(at.db, source, { include: ["**/*.txt"] });
    await waiting(1);
    await listing.execute(sql`update walks set listed_files = 1`);
  });
  expect(await edited).toBe(true);
  const left = await rows(
    at.db,
    sql`select o.state, w.reason, w.listed_files::int as listed from objects o, walks w`,
  );
  expect(left).toEqual([
    { state: "withdrawn", reason: "what the source asks for was changed", listed: 0 },
  ]);
});

test("what is shown again is taken in the order of its ids, however it is listed", async () => {
  const [source] = ordered;
  if (!source) throw new Error("no source");
  await at.db.execute(sql`
    insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    values ('2', '1', repeat('a', 40), 1, 'b.csv', 'listing')`);
  const [first = 0, second = 0] = await giveUpGone(source, ["1", "2"]);
  let again: ReturnType<typeof oweGoneAgain> | undefined;
  await at.db.transaction(async (other) => {
    await other.execute(sql`select from objects where id = ${first}::bigint for update`);
    again = oweGoneAgain(at.db, at.account, [shown("2"), shown("1")]);
    await waiting(1);
    await other.execute(sql`select from objects where id = ${second}::bigint for update nowait`);
  });
  expect((await again)?.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([first, second]);
});

test("an account is deleted while what its sources are owed is recorded again and again", async () => {
  const recording = Array.from({ length: 20 }, record);
  await Promise.all([...recording, remove()]);
  const owed = await rows(at.db, sql`select 1 from objects where state <> 'withdrawn'`);
  expect(owed).toEqual([]);
});
