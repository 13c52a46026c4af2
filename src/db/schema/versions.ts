import { bigint, index, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/**
 * One row is a fact from Box that never changes: this file had this version, this long, with this
 * SHA-1. It belongs to no account, since two accounts may see one file.
 */
export const versions = pgTable(
  "versions",
  {
    fileId: text("file_id").notNull(),
    versionId: text("version_id").notNull(),
    sha1: text("sha1").notNull(),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    name: text("name").notNull(),
    uploadedBy: jsonb("uploaded_by").$type<{ id: string; login?: string; name?: string }>(),
    createdAt: moment("created_at"),
    contentCreatedAt: moment("content_created_at"),
    contentModifiedAt: moment("content_modified_at"),
    /** The door that saw it first, and when. */
    door: text("door").notNull(),
    seenAt: moment("seen_at").notNull().defaultNow(),
    /** When each door first saw it: how late one was against another is whether it can be trusted. */
    webhookAt: moment("webhook_at"),
    eventsAt: moment("events_at"),
    listingAt: moment("listing_at"),
    /** When Box was found to hold it no longer, though the lake never got it. */
    lostAt: moment("lost_at"),
    /** Facts that a download disproved and a second reading of Box replaced, oldest first. */
    corrections: jsonb("corrections").$type<{ sha1: string; sizeBytes: number; at: string }[]>(),
  },
  (table) => [
    primaryKey({ columns: [table.fileId, table.versionId] }),
    // A window of what was seen; of it, what no webhook told; of that, what is no backfill's but made since.
    index("versions_seen").on(table.seenAt, table.webhookAt, table.createdAt),
  ],
);
