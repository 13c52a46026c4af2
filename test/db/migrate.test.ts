import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { migrateDatabase, pendingMigrations } from "../../src/db/migrate.ts";
import { openDatabase, rows } from "../../src/db/open.ts";

const name = `empty_${randomUUID().replaceAll("-", "")}`;
let admin: ReturnType<typeof postgres>;
let opened: ReturnType<typeof openDatabase>;
let url: string;

beforeAll(async () => {
  const server = inject("postgresUrl");
  admin = postgres(server, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name} template template0`);
  url = server.replace(/\/postgres$/, `/${name}`);
  opened = openDatabase(url);
});
afterAll(async () => {
  await opened.close();
  await admin.unsafe(`drop database ${name} with (force)`);
  await admin.end();
});

test("four that migrate an empty database at once all succeed, and leave nothing to do", async () => {
  const all = await pendingMigrations(opened.db);
  expect(all).toBeGreaterThan(0);
  await Promise.all([1, 2, 3, 4].map(() => migrateDatabase(url)));
  expect(await pendingMigrations(opened.db)).toBe(0);
  const applied = await rows(opened.db, sql`select hash from drizzle.__drizzle_migrations`);
  expect(applied).toHaveLength(all);
  expect(await rows(opened.db, sql`select 1 from objects, graphile_worker.jobs`)).toEqual([]);
});

test("migrating again changes nothing", async () => {
  await migrateDatabase(url);
  expect(await pendingMigrations(opened.db)).toBe(0);
});

test("a migration that the database has not had is counted", async () => {
  await opened.db.execute(sql`
    delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)`);
  expect(await pendingMigrations(opened.db)).toBe(1);
});
