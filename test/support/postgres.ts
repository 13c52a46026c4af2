import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SandboxPostgres, startPostgres } from "../../sandbox/postgres.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** A server with a migrated database called `template`, to be cloned. */
    postgresUrl: string;
  }
}

let folder: string | undefined;
let server: SandboxPostgres | undefined;

/** A real PostgreSQL for the whole run; not durable, since no test outlives the machine. */
export async function setup(project: TestProject) {
  folder = await mkdtemp(join(tmpdir(), "longshore-postgres-"));
  server = await startPostgres({
    folder: join(folder, "postgres"),
    settings: {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      max_connections: "200",
    },
  });
  const template = await server.createDatabase("template");
  await migrateDatabase(template);
  project.provide("postgresUrl", server.url);
}

export async function teardown() {
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
}
