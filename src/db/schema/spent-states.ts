import { pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** The `state` of each link with Box that came back, by its SHA-256; kept for as long as its cookie could. */
export const spentStates = pgTable("spent_states", {
  state: text("state").primaryKey(),
  spentAt: moment("spent_at").notNull().defaultNow(),
});
