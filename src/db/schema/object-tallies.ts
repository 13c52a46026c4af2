import { bigint, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/**
 * One row is how many objects more, or less, a source has in a state by one statement, or by many that were
 * added up since: the sum of a source's rows is what counting its objects would find, in every transaction. Triggers
 * on `objects` write it, made by the migration that made this table, so that no writer can forget. Each statement adds rows
 * of its own: one row a source would have everybody who stores wait for it. For the same reason nothing here
 * references the source.
 */
export const objectTallies = pgTable(
  "object_tallies",
  {
    sourceId: uuid("source_id").notNull(),
    state: text("state")
      .$type<"pending" | "waiting" | "stored" | "given_up" | "withdrawn">()
      .notNull(),
    /** When these were stored first, the latest of them; null for those that never were. */
    storedAt: moment("stored_at"),
    objects: bigint("objects", { mode: "number" }).notNull(),
    /** Of what is stored. */
    bytes: bigint("bytes", { mode: "number" }).notNull(),
    misfits: bigint("misfits", { mode: "number" }).notNull(),
  },
  (table) => [index("object_tallies_source").on(table.sourceId, table.state)],
);
