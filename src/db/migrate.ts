import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { sql } from "drizzle-orm";
import { runMigrations } from "graphile-worker";
import postgres from "postgres";
import { type Queryable, rows } from "./open.ts";
import { indexQueue } from "./queue-indexes.ts";

/** Beside this file in the source, beside the bundle in the image. */
const FOLDER = fileURLToPath(new URL("./migrations", import.meta.url));

/** Any number, the same in every process: whoever holds it migrates. */
const LOCK = 5_270_161_118;

/**
 * Brings the tables and the queue's tables to what this program expects. Several at once are safe:
 * drizzle's migrator has no lock of its own, so one goes first and the others find nothing to do.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    const db = drizzle(client);
    await db.execute(sql`select pg_advisory_lock(${LOCK}::bigint)`);
    await migrate(db, { migrationsFolder: FOLDER });
    await runMigrations({ connectionString: url });
    await indexQueue(db);
  } finally {
    await client.end({ timeout: 5 });
  }
}

/** How many of this program's migrations the database has not had yet; 0 when it is ready. */
export async function pendingMigrations(db: Queryable): Promise<number> {
  const known = readMigrationFiles({ migrationsFolder: FOLDER });
  const [table] = await rows<{ found: string | null }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations')::text as found`,
  );
  if (!table?.found) return known.length;
  const applied = await rows<{ hash: string }>(
    db,
    sql`select hash from drizzle.__drizzle_migrations`,
  );
  const hashes = new Set(applied.map((row) => row.hash));
  return known.filter((migration) => !hashes.has(migration.hash)).length;
}
