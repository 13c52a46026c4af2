import { sql } from "drizzle-orm";
import { check, integer, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";

/**
 * One row is one folder of an account that Box should tell us about. It belongs to the folder, not
 * to a source: several sources of one folder share it, and it goes with the last of them.
 */
export const webhooks = pgTable(
  "webhooks",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    folderId: text("folder_id").notNull(),
    /** Box's id; null until registered. */
    boxWebhookId: text("box_webhook_id"),
    /** Where it led when we last made, mended or met it as ours: a copy of this row elsewhere tells by it that it is not. */
    address: text("address"),
    /**
     * `wanted`: written before Box is asked, so that a crash leaves no stray webhook.
     * `polled`: there can be none, and `reason` says why. `unwanted`: to be removed at Box.
     */
    state: text("state")
      .$type<"wanted" | "registered" | "polled" | "unwanted">()
      .notNull()
      .default("wanted"),
    reason: text("reason"),
    hint: text("hint"),
    attempts: integer("attempts").notNull().default(0),
    dueAt: moment("due_at").notNull().defaultNow(),
    checkedAt: moment("checked_at"),
    /** When it last delivered, to the minute. */
    heardAt: moment("heard_at"),
  },
  (table) => [
    check("webhooks_state", sql`${table.state} in ('wanted', 'registered', 'polled', 'unwanted')`),
    unique("webhooks_folder").on(table.accountId, table.folderId),
  ],
);
