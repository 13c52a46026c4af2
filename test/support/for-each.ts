import { beforeEach } from "vitest";
import type { AccountId, SourceId } from "../../src/core/ids.ts";
import type { Database } from "../../src/db/open.ts";
import { cloneDatabase } from "./database.ts";
import { seedAccount, seedSource } from "./seed.ts";

type Account = Parameters<typeof seedAccount>[1];
type Source = Parameters<typeof seedSource>[3];

/**
 * For each test of a file: a database of its own, and what `seed` answers of that which it puts there.
 * What this returns is filled when a test begins: read it inside of tests, and by its fields.
 */
export function databaseForEach<Seeded extends object = object>(
  seed?: (db: Database) => Promise<Seeded>,
) {
  const at = {} as { db: Database; url: string } & Seeded;
  beforeEach(async () => {
    const { db, url, close } = await cloneDatabase();
    Object.assign(at, { db, url }, await seed?.(db));
    return close;
  });
  return at;
}

/** For each test a database in which an account is linked. */
export const accountForEach = (account: Account = {}) =>
  databaseForEach<{ account: AccountId }>(async (db) => ({
    account: await seedAccount(db, account),
  }));

/** For each test a database in which an account is linked, with a source of its folder 10. */
export const inboxForEach = (source: Source = {}, account: Account = {}) =>
  databaseForEach<{ account: AccountId; source: SourceId }>(async (db) => {
    const id = await seedAccount(db, account);
    return { account: id, source: await seedSource(db, id, "10", source) };
  });
