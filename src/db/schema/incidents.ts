import { sql } from "drizzle-orm";
import { bigint, index, jsonb, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";
import { sources } from "./sources.ts";

/** One row is something that the service cannot mend alone, or mended and must own up to. */
export const incidents = pgTable(
  "incidents",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text("kind").notNull(),
    /** What it is about: a kind has at most one open incident for each. */
    subject: text("subject").notNull(),
    accountId: uuid("account_id").references(() => accounts.id),
    sourceId: uuid("source_id").references(() => sources.id),
    /** What it means, and what to do. */
    message: text("message").notNull(),
    hint: text("hint"),
    details: jsonb("details").$type<Record<string, unknown>>().notNull().default({}),
    openedAt: moment("opened_at").notNull().defaultNow(),
    /** Null while it lasts. */
    closedAt: moment("closed_at"),
    /** When a person said that it is known; of kinds that nothing may ever mend. */
    acknowledgedAt: moment("acknowledged_at"),
  },
  (table) => [
    uniqueIndex("incidents_open")
      .on(table.kind, table.subject)
      .where(sql`closed_at is null`),
    index("incidents_opened").on(table.openedAt),
    // The look of every minute leaves out what a person knows of.
    index("incidents_acknowledged")
      .on(table.kind, table.subject)
      .where(sql`acknowledged_at is not null`),
  ],
);
