import { expect, inject, test } from "vitest";
import { freePort } from "../../sandbox/postgres.ts";
import { migrateDatabase } from "../../src/db/migrate.ts";
import { hintOfRefusal } from "../../src/db/unusable.ts";
import { describeError } from "../../src/log.ts";

/** What a person at the terminal is told to do when the database at this address is to be migrated. */
async function hintAt(change: (url: URL) => void) {
  const url = new URL(inject("postgresUrl"));
  change(url);
  const error = await migrateDatabase(url.href).then(
    () => undefined,
    (error: unknown) => error,
  );
  return hintOfRefusal(String(describeError(error)["code"]));
}

test("a database that cannot be used is told with what of DATABASE_URL is wrong", async () => {
  const port = String(await freePort());
  expect(await hintAt((url) => (url.port = port))).toMatch("Nothing listens");
  expect(await hintAt((url) => (url.pathname = "/nowhere"))).toMatch("no database of the name");
  expect(await hintAt((url) => (url.username = "nobody"))).toMatch("no such user");
});

test("what is no matter of access has no hint of ours", () => {
  expect(hintOfRefusal("23505")).toBeUndefined();
});
