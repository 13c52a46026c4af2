import { and, eq, ne } from "drizzle-orm";
import type { SourceId } from "../core/ids.ts";
import type { Queryable, Transaction } from "./open.ts";
import { sources } from "./schema.ts";

export type SourceRow = typeof sources.$inferSelect;

const selectLive = (db: Queryable, id: SourceId) =>
  db
    .select()
    .from(sources)
    .where(and(eq(sources.id, id), ne(sources.state, "deleted")));

/** A source as it was registered and edited; undefined when there is none, or it was deleted. */
export async function findSource(db: Queryable, id: SourceId): Promise<SourceRow | undefined> {
  const [row] = await selectLive(db, id);
  return row;
}

/** The same, which nobody else changes or owes anything to until the transaction ends. */
export async function lockSource(tx: Transaction, id: SourceId): Promise<SourceRow | undefined> {
  const [row] = await selectLive(tx, id).for("update");
  return row;
}
