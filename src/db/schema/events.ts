import { sql } from "drizzle-orm";
import { index, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";

/** One row is one event of a stream, so that an event Box repeats is worked once. */
export const events = pgTable(
  "events",
  {
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    eventId: text("event_id").notNull(),
    stream: text("stream").notNull(),
    eventType: text("event_type"),
    /** Why it could not be read, with the event itself; null for every event that could. */
    odd: text("odd"),
    raw: jsonb("raw"),
    seenAt: moment("seen_at").notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.eventId] }),
    // What is old enough is pruned.
    index("events_seen").on(table.seenAt),
    // What was odd is shown, newest first.
    index("events_odd")
      .on(table.seenAt, table.accountId, table.eventId)
      .where(sql`odd is not null`),
  ],
);
