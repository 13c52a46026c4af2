import { randomUUID } from "node:crypto";
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
      await admin.unsafe(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
