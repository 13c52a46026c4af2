import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { accounts } from "../../src/db/schema.ts";
import { credentialsPlace, signatureKeysPlace } from "../../src/operations/secret-places.ts";
import { rotateKeys } from "../../src/operations/rotate-keys.ts";
import { createSecrets } from "../../src/secrets.ts";
import { cloneDatabase } from "../support/database.ts";

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const before = createSecrets(oldKey);
const both = createSecrets(newKey, oldKey);
const after = createSecrets(newKey);
const COUNT = 230;

let database: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  database = await cloneDatabase();
  const rows = Array.from({ length: COUNT }, (_, index) => {
    const id = crypto.randomUUID();
    return {
      id,
      name: `Account ${index}`,
      authKind: "developerToken" as const,
      credentials: before.seal({ kind: "developerToken", token: id }, credentialsPlace(id)),
      signatureKeys: before.seal({ primary: id, secondary: "b" }, signatureKeysPlace(id)),
      stream: "changes" as const,
      boxUserId: "1",
    };
  });
  await database.db.insert(accounts).values(rows);
});
afterAll(() => database.close());

async function openAll(secrets: typeof after) {
  for (const { id, credentials, signatureKeys } of await database.db.select().from(accounts)) {
    expect(secrets.open(credentials ?? Buffer.of(), credentialsPlace(id))).toMatchObject({
      token: id,
    });
    expect(secrets.open(signatureKeys ?? Buffer.of(), signatureKeysPlace(id))).toMatchObject({
      primary: id,
    });
  }
}

test("brings every secret under the new key, goes on after a failure, and then has nothing to do", async () => {
  const { db } = database;
  const [first] = await db
    .select({ id: accounts.id })
    .from(accounts)
    .orderBy(accounts.id)
    .offset(150);
  const failing = {
    ...both,
    rewrap: (sealed: Uint8Array, place: string) => {
      if (place === credentialsPlace(first?.id ?? "")) throw new Error("killed here");
      return both.rewrap(sealed, place);
    },
  };
  await expect(rotateKeys(db, failing)).rejects.toThrow(`killed here (accounts ${first?.id})`);
  await openAll(both);
  expect(await rotateKeys(db, both)).toBe(2 * COUNT - 100);
  await openAll(after);
  expect(await rotateKeys(db, both)).toBe(0);
  expect(await rotateKeys(db, after)).toBe(0);
});

test("names the row of a secret that no known key opens", async () => {
  const { db } = database;
  const stranger = createSecrets(randomBytes(32));
  await expect(rotateKeys(db, stranger)).rejects.toThrow(
    /SECRETS_KEY_PREVIOUS \(accounts [0-9a-f-]{36}\)/,
  );
  await openAll(after);
});
