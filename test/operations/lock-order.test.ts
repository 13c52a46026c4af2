import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { fileId, folderId, type SourceId, sourceId, versionId } from "../../src/core/ids.ts";
import { oweObjects } from "../../src/db/debts.ts";
import { rows } from "../../src/db/open.ts";
import { noteOwnership } from "../../src/db/streams.ts";
import { deleteAccount } from "../../src/operations/delete-account.ts";
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

test("an account is deleted while what its sources are owed is recorded again and again", async () => {
  const recording = Array.from({ length: 20 }, record);
  await Promise.all([...recording, remove()]);
  const owed = await rows(at.db, sql`select 1 from objects where state <> 'withdrawn'`);
  expect(owed).toEqual([]);
});
