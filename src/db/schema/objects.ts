import { sql } from "drizzle-orm";
import {
  bigint,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";
import { sources } from "./sources.ts";
import { versions } from "./versions.ts";

/** One row is a version that the lake owes to, or keeps for, one source. */
export const objects = pgTable(
  "objects",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    sourceId: uuid("source_id")
      .notNull()
      .references(() => sources.id),
    fileId: text("file_id").notNull(),
    versionId: text("version_id").notNull(),
    /**
     * `pending` is due now; `waiting` failed and is due later; `stored` lies in the lake, proved;
     * `given_up` needs a person; `withdrawn` is owed no more (its source or account was deleted).
     */
    state: text("state")
      .$type<"pending" | "waiting" | "stored" | "given_up" | "withdrawn">()
      .notNull()
      .default("pending"),
    /** Its name in the bucket, fixed when the debt was written. */
    name: text("name").notNull().unique(),
    /** Path below the source folder, the file's name last, as it was then. */
    path: text("path").notNull(),
    /** What the source's path template read from the path, and why it does not fit; fixed once stored. */
    pathFields: jsonb("path_fields").$type<Record<string, string>>(),
    misfit: text("misfit"),
    /** The sweep that found it missing; null when a change was noticed in time. */
    sweptBy: bigint("swept_by", { mode: "number" }),
    door: text("door").$type<"webhook" | "events" | "listing" | "replay">().notNull(),
    /** The queue's order: lower first. News goes before backfills. */
    priority: smallint("priority").notNull(),
    seenAt: moment("seen_at").notNull().defaultNow(),
    /** When it is to be worked; of one that is withdrawn, when it was. */
    dueAt: moment("due_at").notNull().defaultNow(),
    attempts: integer("attempts").notNull().default(0),
    /** Of the last attempt that failed: its kind, why, and what to do. */
    failure: text("failure"),
    failureReason: text("failure_reason"),
    hint: text("hint"),
    failedAt: moment("failed_at"),
    generation: text("generation"),
    crc32c: text("crc32c"),
    /** Of what lies in the lake; null until stored, and kept beside the state so that sums are cheap. */
    storedBytes: bigint("stored_bytes", { mode: "number" }),
    storedAt: moment("stored_at"),
    leasedBy: uuid("leased_by"),
    /** Grows with every lease: a writer that lost its lease finds another number here. */
    lease: integer("lease").notNull().default(0),
  },
  (table) => [
    check(
      "objects_state",
      sql`${table.state} in ('pending', 'waiting', 'stored', 'given_up', 'withdrawn')`,
    ),
    check(
      "objects_stored",
      sql`${table.state} <> 'stored' or (${table.generation} is not null and ${table.storedBytes} is not null)`,
    ),
    unique("objects_identity").on(table.sourceId, table.fileId, table.versionId),
    foreignKey({
      columns: [table.fileId, table.versionId],
      foreignColumns: [versions.fileId, versions.versionId],
    }),
    // The newest first of one source and state.
    index("objects_source_state").on(table.sourceId, table.state, table.id),
    index("objects_file").on(table.fileId, table.versionId),
    // What a source lacks, by file: a report of it reads nothing of what is stored.
    index("objects_lacking")
      .on(table.sourceId, table.fileId, table.versionId)
      .where(sql`state in ('pending', 'waiting', 'given_up', 'withdrawn')`),
    // Of each source apart, so that what one is owed is not read for another.
    index("objects_due")
      .on(table.sourceId, table.dueAt, table.id)
      .where(sql`state in ('pending', 'waiting')`),
    index("objects_given_up")
      .on(table.failedAt)
      .where(sql`state = 'given_up'`),
    // The look of every minute asks whether the lake refuses us, beside any number of those that wait.
    index("objects_blocked")
      .on(table.sourceId, table.failedAt)
      .where(sql`state = 'waiting' and failure = 'blocked'`),
    // And whether Box has content that it does not hand out.
    index("objects_not_ready")
      .on(table.sourceId, table.seenAt)
      .where(sql`state = 'waiting' and failure = 'not_ready'`),
    index("objects_misfit")
      .on(table.sourceId, table.id)
      .where(sql`misfit is not null`),
    index("objects_swept")
      .on(table.sweptBy)
      .where(sql`swept_by is not null`),
    index("objects_leased")
      .on(table.leasedBy)
      .where(sql`leased_by is not null`),
  ],
);
