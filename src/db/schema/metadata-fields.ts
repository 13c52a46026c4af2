import { boolean, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** One row is a metadata field that the organisation wants its sources to carry. */
export const metadataFields = pgTable("metadata_fields", {
  name: text("name").primaryKey(),
  description: text("description"),
  required: boolean("required").notNull(),
  /** Null: any value. */
  allowedValues: text("allowed_values").array(),
  createdAt: moment("created_at").notNull().defaultNow(),
});
