import { sql } from "drizzle-orm";
import { boolean, check, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** One row, and never another: where the lake is in which sources without a place of their own keep their objects. */
export const lake = pgTable(
  "lake",
  {
    isOnly: boolean("is_only").primaryKey().default(true),
    bucket: text("bucket").notNull(),
    since: moment("since").notNull().defaultNow(),
  },
  (table) => [check("lake_is_only", sql`${table.isOnly}`)],
);
