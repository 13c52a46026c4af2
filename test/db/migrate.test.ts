import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { migrateDatabase, pendingMigrations } from "../../src/db/migrate.ts";
import { type Database, rows } from "../../src/db/open.ts";
import { cloneDatabase } from "../support/database.ts";

let db: Database;
let url: string;
beforeEach(async () => {
  const empty = await cloneDatabase("template0");
  ({ db, url } = empty);
  return empty.close;
});

test("four that migrate an empty database at once all succeed, and leave nothing to do", async () => {
  const all = await pendingMigrations(db);
  expect(all).toBeGreaterThan(0);
  await Promise.all([1, 2, 3, 4].map(() => migrateDatabase(url)));
  expect(await pendingMigrations(db)).toBe(0);
  const applied = await rows(db, sql`select hash from drizzle.__drizzle_migrations`);
  expect(applied).toHaveLength(all);
  expect(await rows(db, sql`select 1 from objects, graphile_worker.jobs`)).toEqual([]);
});

test("migrating again changes nothing, and a migration that the database has not had is counted", async () => {
  await migrateDatabase(url);
  await migrateDatabase(url);
  expect(await pendingMigrations(db)).toBe(0);
  await db.execute(sql`
    delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)`);
  expect(await pendingMigrations(db)).toBe(1);
});
