import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";

/** One row is one Box folder of an account, with masks, tags and metadata, kept in the lake. */
export const sources = pgTable(
  "sources",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    name: text("name").notNull(),
    /** Its part of every object name: unique for ever, also after the source is deleted. */
    slug: text("slug").notNull().unique(),
    description: text("description"),
    folderId: text("folder_id").notNull(),
    folderName: text("folder_name").notNull(),
    include: text("include").array().notNull(),
    exclude: text("exclude").array().notNull(),
    /** Whether what lies in folders below the folder belongs to it too. */
    subfolders: boolean("subfolders").notNull().default(true),
    /** Only versions of at least, and at most, so many bytes. */
    minBytes: bigint("min_bytes", { mode: "number" }),
    maxBytes: bigint("max_bytes", { mode: "number" }),
    /** Only versions no older than so many days when they are first seen. */
    maxAgeDays: integer("max_age_days"),
    /** What a backfill takes: the current version of each file, or its past ones too. */
    history: text("history").$type<"current" | "all">().notNull().default("current"),
    /** Reads metadata from the path below the folder: `{study}/{project}/**`. */
    pathTemplate: text("path_template"),
    /** Composes object names below the slug; null is the usual name. */
    nameTemplate: text("name_template"),
    /** Fixed when the source is registered; null is the configured bucket or prefix. */
    bucket: text("bucket"),
    prefix: text("prefix"),
    /** Box says that the folder belongs to another enterprise; null while it has not said. */
    isExternal: boolean("is_external"),
    tags: text("tags").array().notNull(),
    metadata: jsonb("metadata").$type<Record<string, string>>().notNull(),
    state: text("state").$type<"active" | "paused" | "deleted">().notNull().default("active"),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    check("sources_state", sql`${table.state} in ('active', 'paused', 'deleted')`),
    check("sources_history", sql`${table.history} in ('current', 'all')`),
    uniqueIndex("sources_name")
      .on(sql`lower(${table.name})`)
      .where(sql`state <> 'deleted'`),
    // Every recorded change asks for the sources of its account.
    index("sources_account").on(table.accountId),
  ],
);
