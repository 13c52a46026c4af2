import { sql } from "drizzle-orm";
import { bigint, check, index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { bytea, moment } from "./columns.ts";

/** One row is one webhook request whose signature was right, kept whether or not it could be read. */
export const deliveries = pgTable(
  "deliveries",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    /** Box's webhook; empty when the body could not be read. */
    webhookId: text("webhook_id").notNull(),
    /** The body's own id, stable over Box's retries; a hash of the body when it has none. */
    eventId: text("event_id").notNull(),
    /** The header's id: new on each of Box's tries, kept for support questions only. */
    deliveryId: text("delivery_id"),
    trigger: text("trigger"),
    /** `recorded` led to facts or debts; `ignored` says nothing about content; the rest as named. */
    outcome: text("outcome").$type<"recorded" | "ignored" | "noted" | "unreadable">().notNull(),
    note: text("note"),
    body: bytea("body").notNull(),
    receivedAt: moment("received_at").notNull().defaultNow(),
  },
  (table) => [
    check(
      "deliveries_outcome",
      sql`${table.outcome} in ('recorded', 'ignored', 'noted', 'unreadable')`,
    ),
    // Box was seen sending one event through two webhooks: both are kept, each once.
    unique("deliveries_event").on(table.accountId, table.webhookId, table.eventId),
    index("deliveries_received").on(table.receivedAt),
    // The few that want a look, newest first, among all those that do not.
    index("deliveries_odd")
      .on(table.outcome, table.id)
      .where(sql`outcome in ('unreadable', 'noted')`),
  ],
);
