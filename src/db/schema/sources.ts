import { sql } from "drizzle-orm";
import { check, index, jsonb, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
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
    tags: text("tags").array().notNull(),
    metadata: jsonb("metadata").$type<Record<string, string>>().notNull(),
    state: text("state").$type<"active" | "paused" | "deleted">().notNull().default("active"),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    check("sources_state", sql`${table.state} in ('active', 'paused', 'deleted')`),
    uniqueIndex("sources_name")
      .on(sql`lower(${table.name})`)
      .where(sql`state <> 'deleted'`),
    // Every recorded change asks for the sources of its account.
    index("sources_account").on(table.accountId),
  ],
);
