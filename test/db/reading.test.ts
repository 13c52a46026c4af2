import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AccountId, fileId, folderId, type SourceId, versionId } from "../../src/core/ids.ts";
import { newestBackfills } from "../../src/db/backfill-progress.ts";
import { newestProofs } from "../../src/db/source-proof.ts";
import { countDifferences, listDifferences } from "../../src/db/completeness.ts";
import { listDeliveries } from "../../src/db/delivery-list.ts";
import { missedDeliveries } from "../../src/db/door-report.ts";
import { listEvents } from "../../src/db/event-list.ts";
import { knownVersions, recordVersions } from "../../src/db/facts.ts";
import { type Queryable, rows } from "../../src/db/open.ts";
import { dueDebts, overdueDebts } from "../../src/db/overdue.ts";
import { heldAgainstWebhooks } from "../../src/db/silence.ts";
import { searchVersions } from "../../src/db/version-search.ts";
import { cloneDatabase } from "../support/database.ts";
import { seedAccount, seedSource } from "../support/seed.ts";

/** So much lies beside what is asked for. */
const MANY = 10_000;
const FEW = 20;

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let account: AccountId;
/** All of it stored; all of it owed, and paused; a little of both. */
let stored: SourceId, paused: SourceId, small: SourceId;

const run = (statement: SQL) => database.db.execute(statement);

/** Versions of a source and their objects, as a backfill leaves them: made long ago, seen an hour ago. */
const fill = (source: SourceId, prefix: string, count: number, state: "stored" | "pending") =>
  run(sql`
    with made as (
      insert into versions (file_id, version_id, sha1, size_bytes, name, door, created_at, seen_at, listing_at)
      select ${prefix} || n, '1', repeat('a', 40), 1, 'a.csv', 'listing', now() - interval '100 days',
        now() - interval '1 hour', now() - interval '1 hour'
      from generate_series(1, ${count}::int) n returning file_id, version_id)
    insert into objects (source_id, file_id, version_id, name, path, door, priority, state,
      generation, stored_bytes, seen_at)
    select ${source}::uuid, file_id, version_id, file_id, 'a.csv', 'listing', 10, ${state}, '1', 1,
      now() - interval '1 hour' from made`);

beforeAll(async () => {
  database = await cloneDatabase();
  const { db } = database;
  account = await seedAccount(db);
  const createdAt = new Date(Date.now() - 86_400_000);
  stored = await seedSource(db, account, "10", { createdAt });
  paused = await seedSource(db, account, "20", { createdAt, state: "paused" });
  small = await seedSource(db, account, "30", { createdAt });
  await fill(small, "s", FEW, "pending");
  await fill(small, "t", FEW, "stored");
  await fill(stored, "a", MANY, "stored");
  await fill(paused, "p", MANY, "pending");
  await run(sql`
    insert into webhooks (account_id, folder_id, box_webhook_id, state)
    select account_id, folder_id, folder_id, 'registered' from sources`);
  await run(sql`
    update versions set created_at = seen_at, door = 'events', events_at = seen_at
    where file_id in ('a1', 'a2')`);
  await run(sql`
    insert into walks (kind, account_id, source_id, folder_id, recursive, reason, door, state, finished_at)
    select case n when 1 then 'backfill' else 'sweep' end, account_id, id, folder_id, true, 'is due',
      'listing', 'done', now() from sources, generate_series(1, 3000) n`);
  await run(sql`
    insert into deliveries (account_id, webhook_id, event_id, outcome, body, received_at)
    select ${account}::uuid, '10', n, case when n % 5000 = 0 then 'unreadable' else 'recorded' end, '',
      now() - interval '2 hours'
    from generate_series(1, ${MANY}::int) n`);
  await run(sql`
    insert into events (account_id, event_id, stream, odd)
    select ${account}::uuid, n, 'changes', case when n % 5000 = 0 then 'it has no source' end
    from generate_series(1, ${MANY}::int) n`);
  await run(sql`analyze`);
});
afterAll(() => database.close());

/** How many rows of tables a reading takes, by an index or without. */
async function rowsRead(read: (db: Queryable) => Promise<unknown>): Promise<number> {
  return database.db.transaction(async (tx) => {
    const before = await taken(tx);
    await read(tx);
    return (await taken(tx)) - before;
  });
}

async function taken(db: Queryable): Promise<number> {
  const [row] = await rows<{ taken: number }>(
    db,
    sql`
      select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as taken
      from pg_stat_xact_user_tables`,
  );
  return row?.taken ?? 0;
}

const WEEK = { from: new Date(Date.now() - 7 * 86_400_000), to: new Date() };

const FEW_SEEN = Array.from({ length: FEW }, (_, n) => ({
  fileId: fileId(`t${n + 1}`),
  version: {
    versionId: versionId("1"),
    sha1: "a".repeat(40),
    sizeBytes: 1,
    name: "a.csv",
    uploadedBy: undefined,
    createdAt: undefined,
    contentCreatedAt: undefined,
    contentModifiedAt: undefined,
  },
}));

const READINGS: Record<string, (db: Queryable) => Promise<unknown>> = {
  "waking what a small source is owed": (db) => dueDebts(db, { sourceId: small }, undefined),
  "looking for debts without a job": overdueDebts,
  "a page of what a source lacks that has all": (db) =>
    listDifferences(db, of(stored), undefined, { limit: 10 }),
  "counting what it lacks": (db) => countDifferences(db, of(stored), undefined),
  "a page of a small source": (db) => searchVersions(db, { sourceId: small, limit: 10 }),
  "a page of a source in a state that it has nothing in": (db) =>
    searchVersions(db, { sourceId: paused, state: "stored", limit: 10 }),
  "a page of a state that nothing is in": (db) =>
    searchVersions(db, { state: "given_up", limit: 10 }),
  "a page of what misfits": (db) =>
    searchVersions(db, { sourceId: stored, misfit: true, limit: 10 }),
  "a page of a tag that no source has": (db) => searchVersions(db, { tag: "none", limit: 10 }),
  "what webhooks missed in a week with a backfill": (db) => missedDeliveries(db, WEEK, 10),
  "what is held against webhooks": heldAgainstWebhooks,
  "deliveries of an outcome that none has": (db) =>
    listDeliveries(db, { outcome: "noted", limit: 10 }),
  "events that could not be read": (db) => listEvents(db, { odd: true, limit: 10 }),
  "recording a few versions once more": (db) => recordVersions(db, FEW_SEEN, "listing"),
  "what is known of a few files": (db) =>
    knownVersions(
      db,
      FEW_SEEN.map(({ fileId }) => fileId),
    ),
  "the newest backfill of each source, after thousands of sweeps": (db) =>
    newestBackfills(db, [stored, paused, small]),
  "the newest listing of each source that came to its end, after thousands of sweeps": (db) =>
    newestProofs(db, [stored, paused, small]),
};

const of = (sourceId: SourceId) => ({ sourceId, accountId: account, folderId: folderId("10") });

test.each(Object.entries(READINGS))("%s reads few rows", async (_, read) => {
  expect(await rowsRead(read)).toBeLessThan(MANY / 20);
});

test("what is read is counted", async () => {
  const readAll = (db: Queryable) =>
    rows(db, sql`select count(storage) from (select path as storage from objects) o`);
  expect(await rowsRead(readAll)).toBeGreaterThanOrEqual(2 * MANY);
});
