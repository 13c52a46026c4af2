import { inArray } from "drizzle-orm";
import type { Queryable } from "../../db/open.ts";
import { accounts, sources } from "../../db/schema.ts";

/** The names of accounts and sources by their ids, the deleted ones too. */
export async function namesOf(
  db: Queryable,
  ids: { accounts: string[]; sources: string[] },
): Promise<Map<string, string>> {
  const found = await Promise.all([
    db
      .select({ id: accounts.id, name: accounts.name })
      .from(accounts)
      .where(inArray(accounts.id, ids.accounts)),
    db
      .select({ id: sources.id, name: sources.name })
      .from(sources)
      .where(inArray(sources.id, ids.sources)),
  ]);
  return new Map(found.flat().map(({ id, name }) => [id, name]));
}
