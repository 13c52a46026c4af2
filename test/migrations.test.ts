import { readdirSync, readFileSync } from "node:fs";
import { generateDrizzleJson, generateMigration } from "drizzle-kit/api";
import { expect, test } from "vitest";
import * as schema from "../src/db/schema.ts";

type Snapshot = ReturnType<typeof generateDrizzleJson>;

/** What the tables look like after the last migration, as `npm run generate` wrote it down. */
function afterTheLast(): Snapshot {
  const folder = new URL("../src/db/migrations/meta/", import.meta.url);
  const snapshots = readdirSync(folder).filter((name) => name.endsWith("_snapshot.json"));
  const last = snapshots.sort().at(-1) ?? "";
  return JSON.parse(readFileSync(new URL(last, folder), "utf8")) as Snapshot;
}

test("the migrations lead to exactly the tables that the program expects", async () => {
  const before = afterTheLast();
  const now = generateDrizzleJson({ ...schema }, before.id);
  expect(await generateMigration(before, now), "run npm run generate").toEqual([]);
});

test("a table that no migration makes would be noticed", async () => {
  const { workers, ...rest } = schema;
  expect(workers).toBeDefined();
  const missing = await generateMigration(generateDrizzleJson(rest), generateDrizzleJson(schema));
  expect(missing.join("\n")).toContain('CREATE TABLE "workers"');
});
