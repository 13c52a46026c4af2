import { sql } from "drizzle-orm";
import { check, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { bytea, moment } from "./columns.ts";

/**
 * One row is one Box identity that granted us access. A deleted account keeps its row, without its
 * secrets, so that what it stored keeps its history.
 */
export const accounts = pgTable(
  "accounts",
  {
    id: uuid("id").primaryKey().defaultRandom(),
    name: text("name").notNull(),
    authKind: text("auth_kind").$type<"ccg" | "jwt" | "oauth" | "developerToken">().notNull(),
    /** Sealed JSON of the credentials; null once deleted. */
    credentials: bytea("credentials"),
    /** Sealed JSON {primary, secondary}; null when the application has no keys or once deleted. */
    signatureKeys: bytea("signature_keys"),
    /** Which event stream is read for it. */
    stream: text("stream").$type<"changes" | "admin_logs_streaming">().notNull(),
    boxUserId: text("box_user_id").notNull(),
    boxLogin: text("box_login"),
    boxEnterpriseId: text("box_enterprise_id"),
    /**
     * `needs_relogin`: Box refuses the credentials. `paused`: a person asked us to leave Box alone.
     * In both, work waits and nothing is given up.
     */
    state: text("state")
      .$type<"linked" | "needs_relogin" | "paused" | "deleted">()
      .notNull()
      .default("linked"),
    reason: text("reason"),
    stateSince: moment("state_since").notNull().defaultNow(),
    /** When the credentials were entered, or an OAuth 2.0 login was given its newest refresh token. */
    renewedAt: moment("renewed_at").notNull().defaultNow(),
    createdAt: moment("created_at").notNull().defaultNow(),
  },
  (table) => [
    check(
      "accounts_state",
      sql`${table.state} in ('linked', 'needs_relogin', 'paused', 'deleted')`,
    ),
    // A name is taken whatever its case; a deleted account frees it.
    uniqueIndex("accounts_name")
      .on(sql`lower(${table.name})`)
      .where(sql`state <> 'deleted'`),
  ],
);
