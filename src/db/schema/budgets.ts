import { sql } from "drizzle-orm";
import { bigint, check, date, doublePrecision, integer, pgTable, text } from "drizzle-orm/pg-core";
import { moment } from "./columns.ts";

/**
 * One row is what one Box user may ask of Box: its limit is on the user, whichever of our accounts
 * and processes speak for it. `db/call-leases.ts` writes it, and `db/budgets.ts` its setting.
 */
export const budgets = pgTable(
  "budgets",
  {
    boxUserId: text("box_user_id").primaryKey(),
    /** Null: what the configuration says. */
    callsPerMinute: integer("calls_per_minute"),
    /** Null: counted, not limited. */
    callsPerMonth: integer("calls_per_month"),
    /** When the next call that nobody has leased is due, at an even pace; behind now while calls are saved up. */
    nextAt: moment("next_at")
      .notNull()
      .default(sql`'-infinity'`),
    /** Box asked us to wait until then. */
    pausedUntil: moment("paused_until"),
    /** What part of the limit Box was found to bear at `throttledAt`; it grows back from there. */
    share: doublePrecision("share").notNull().default(1),
    throttledAt: moment("throttled_at"),
    /** The minute and the month (UTC) that the calls beside them were leased in. */
    minute: moment("minute")
      .notNull()
      .default(sql`'-infinity'`),
    usedInMinute: integer("used_in_minute").notNull().default(0),
    month: date("month")
      .notNull()
      .default(sql`'-infinity'`),
    usedInMonth: bigint("used_in_month", { mode: "number" }).notNull().default(0),
  },
  (table) => [
    // Below this the pace leaves no room for what it must leave free.
    check("budgets_minute", sql`${table.callsPerMinute} >= 60`),
    check("budgets_month", sql`${table.callsPerMonth} >= 0`),
  ],
);
