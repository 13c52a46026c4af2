import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  smallint,
  text,
  unique,
  uuid,
} from "drizzle-orm/pg-core";
import type { ToldVersions } from "../../core/change.ts";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";

/** One row is a file to look at again, however many signals asked for it; done, it is gone. */
export const checks = pgTable(
  "checks",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    fileId: text("file_id").notNull(),
    /** Where it was said to lie. */
    parentId: text("parent_id"),
    reason: text("reason").notNull(),
    /** Nobody told of the file: it is looked at to be sure. */
    precaution: boolean("precaution").notNull().default(false),
    door: text("door").$type<"webhook" | "events" | "listing" | "replay">().notNull(),
    /** The versions that its signals named: of which the file turns out to have none, those are lost. */
    told: jsonb("told").$type<ToldVersions>().notNull().default({}),
    /** Counts the askings: when it grew while a check ran, the check runs again. */
    asked: integer("asked").notNull().default(1),
    state: text("state").$type<"due" | "given_up">().notNull().default("due"),
    /** The queue's order: lower first. A sweep's may wait. */
    priority: smallint("priority").notNull().default(0),
    dueAt: moment("due_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    failure: text("failure"),
    failureReason: text("failure_reason"),
    hint: text("hint"),
    failedAt: moment("failed_at"),
    leasedBy: uuid("leased_by"),
    lease: integer("lease").notNull().default(0),
  },
  (table) => [
    check("checks_state", sql`${table.state} in ('due', 'given_up')`),
    unique("checks_file").on(table.accountId, table.fileId),
    index("checks_given_up")
      .on(table.failedAt)
      .where(sql`state = 'given_up'`),
    // Of each account apart, as what a source is owed.
    index("checks_due")
      .on(table.accountId, table.dueAt, table.id)
      .where(sql`state = 'due'`),
  ],
);
