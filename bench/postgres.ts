import { join } from "node:path";
import postgres from "postgres";
import { startPostgres } from "../sandbox/postgres.ts";
import type { Run } from "./benchmark.ts";

export interface BenchPostgres {
  create(name: string): Promise<string>;
  /** A new database, equal to one that nobody is connected to. */
  clone(template: string, name: string): Promise<string>;
  drop(name: string): Promise<void>;
  /** Commits in a database since it was made. Asked from another one, so that asking adds none. */
  commits(name: string): Promise<number>;
}

/** A PostgreSQL for one benchmark that waits for the disk at every commit, as in production. */
export async function openPostgres(run: Run): Promise<BenchPostgres> {
  const server = await startPostgres({ folder: join(run.folder, "postgres") });
  run.defer(() => server.stop());
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  run.defer(() => sql.end());
  const durable = await sql`
    select name from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'on'`;
  if (durable.length !== 3) throw new Error("this PostgreSQL does not wait for the disk");
  return {
    create: (name) => server.createDatabase(name),
    async clone(template, name) {
      await sql.unsafe(`create database "${name}" template "${template}"`);
      return new URL(name, server.url).href;
    },
    drop: async (name) => void (await sql.unsafe(`drop database "${name}" with (force)`)),
    async commits(name) {
      const [row] = await sql`select xact_commit from pg_stat_database where datname = ${name}`;
      return Number(row?.["xact_commit"]);
    },
  };
}
