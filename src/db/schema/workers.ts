import { pgTable, text, uuid } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/** One row is a live worker process. Leases name it; when its heartbeat stops they are taken back. */
export const workers = pgTable("workers", {
  id: uuid("id").primaryKey(),
  aliveUntil: moment("alive_until").notNull(),
  /** graphile-worker's names for its pools, so that their jobs can be unlocked too. */
  pools: text("pools").array().notNull(),
});
