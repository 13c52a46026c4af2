import { bigint, boolean, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";
import { sources } from "./sources.ts";

/**
 * One row is a version of a source that Box told of by its id and held no more when its file was read: all that
 * is known of it. Once the version turns up after all, its fact says more, and the row counts for nothing.
 */
export const losses = pgTable(
  "losses",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    sourceId: uuid("source_id")
      .notNull()
      .references(() => sources.id),
    fileId: text("file_id").notNull(),
    versionId: text("version_id").notNull(),
    /** Path of its file below the source folder, when that was read. */
    path: text("path").notNull(),
    /** Null where Box did not say. */
    sizeBytes: bigint("size_bytes", { mode: "number" }),
    /** Box's time of what it told. */
    toldAt: moment("told_at").notNull(),
    /** When Box was found to hold it no longer. */
    lostAt: moment("lost_at").notNull().defaultNow(),
    /** False once the source was edited and does not ask for it any more. */
    wanted: boolean("wanted").notNull().default(true),
  },
  (table) => [
    unique("losses_identity").on(table.sourceId, table.fileId, table.versionId),
    // The look of every minute asks for those of late, beside all that ever were.
    index("losses_lost").on(table.lostAt),
  ],
);
