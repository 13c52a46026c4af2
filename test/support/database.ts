import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";
import postgres from "postgres";
import { openDatabase } from "../../src/db/open.ts";

/** A database of the caller's own, cloned from the migrated template unless another is named; `close` drops it. */
export async function cloneDatabase(template = "template") {
  const server = inject("postgresUrl");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const admin = postgres(server, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${name} template ${template}`);
  const url = server.replace(/\/postgres$/, `/${name}`);
  const opened = openDatabase(url);
  return {
    url,
    db: opened.db,
    async close() {
      await opened.close();
      await leftAlone(admin, name);
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

/** Far longer than a connection takes to end; what a test has left open is cut then. */
const LOOKS = 200;

/**
 * A pool of `pg`, the queue's for instance, says that it has ended while its connections still do: one that is
 * cut meanwhile raises an error that nobody is there to hear.
 */
async function leftAlone(admin: postgres.Sql, name: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    const others = await admin`select from pg_stat_activity where datname = ${name}`;
    if (others.length === 0) return;
    await pause(10);
  }
}
