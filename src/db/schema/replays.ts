import { integer, jsonb, pgTable, uuid } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** One row is one asking to do recorded work again: what was asked for, and how much that was. */
export const replays = pgTable("replays", {
  id: uuid("id").primaryKey().defaultRandom(),
  at: moment("at").notNull().defaultNow(),
  selection: jsonb("selection").notNull(),
  chosen: integer("chosen").notNull(),
  replayed: integer("replayed").notNull(),
});
