import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Queryable, rows } from "../../src/db/open.ts";
import { blockedLakes, givenUp } from "../../src/db/signs.ts";
import { goneVersions, unreadyContent } from "../../src/db/stuck-versions.ts";
import { cloneDatabase } from "../support/database.ts";
import { seedAccount, seedSource } from "../support/seed.ts";

const MANY = 20_000;

let database: Awaited<ReturnType<typeof cloneDatabase>>;

/** A house with much to do, in which all is well. */
beforeAll(async () => {
  database = await cloneDatabase();
  const { db } = database;
  const account = await seedAccount(db);
  const source = await seedSource(db, account, "10");
  const many = sql`generate_series(1, ${MANY}::int) n`;
  await db.execute(sql`
    insert into versions (file_id, version_id, sha1, size_bytes, name, door)
    select n::text, '1', repeat('a', 40), 1, 'a.csv', 'listing' from ${many}`);
  await db.execute(sql`
    insert into objects (source_id, file_id, version_id, name, path, door, priority, state, failure, failed_at)
    select ${source}::uuid, n::text, '1', n::text, 'a.csv', 'listing', 10, 'waiting', 'transient', now()
    from ${many}`);
  await db.execute(sql`
    insert into checks (account_id, file_id, reason, door, due_at)
    select ${account}::uuid, n::text, 'asked', 'listing', now() from ${many}`);
  await db.execute(sql`
    insert into walks (kind, account_id, folder_id, recursive, reason, door, state)
    select 'signal', ${account}::uuid, n::text, true, 'moved', 'events', 'done' from ${many}`);
  await db.execute(sql`analyze objects, checks, walks, sources, accounts`);
});
afterAll(() => database.close());

/** How many pages of 8 KiB a query touches. */
async function blocksOf(query: (db: Queryable) => Promise<unknown>) {
  let blocks = 0;
  const execute = async (asked: SQL) => {
    const [found] = await rows<{ "QUERY PLAN": [{ Plan: Record<string, number> }] }>(
      database.db,
      sql`explain (analyze, buffers, format json) ${asked}`,
    );
    const plan = found?.["QUERY PLAN"][0].Plan;
    blocks += (plan?.["Shared Hit Blocks"] ?? 0) + (plan?.["Shared Read Blocks"] ?? 0);
    return [];
  };
  await query({ execute } as unknown as Queryable);
  return blocks;
}

test.each([
  ["whether the lake refuses us", blockedLakes],
  ["what was given up", givenUp],
  ["content that Box does not hand out", unreadyContent],
  ["what was gone at Box", goneVersions],
])("the look at %s costs a few reads, however much waits", async (_what, query) => {
  const blocks = await blocksOf(query);
  expect(blocks).toBeGreaterThan(0);
  expect(blocks).toBeLessThan(20);
});
