import { integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";

/** One row is how far one event stream of an account was read. */
export const positions = pgTable(
  "positions",
  {
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    stream: text("stream").$type<"changes" | "admin_logs_streaming">().notNull(),
    /** Box's own text, exact: numbers beyond 2^53 occur. Moves only with the page it came from. */
    position: text("position").notNull(),
    /** When a page was last read to its end without failure. */
    readAt: moment("read_at").notNull().defaultNow(),
    attempts: integer("attempts").notNull().default(0),
    failure: text("failure"),
    failureReason: text("failure_reason"),
    hint: text("hint"),
    failedAt: moment("failed_at"),
    leasedBy: uuid("leased_by"),
    lease: integer("lease").notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.stream] })],
);
