import { index, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";

/** One row is where a folder was when Box last spoke of it: remembered ancestry, so that an event elsewhere costs no call. */
export const folders = pgTable(
  "folders",
  {
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    folderId: text("folder_id").notNull(),
    name: text("name").notNull(),
    /** Null at the top of what the account sees. */
    parentId: text("parent_id"),
    /** Box's time of the news; older news never replaces newer. */
    asOf: moment("as_of").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.folderId] }),
    index("folders_parent").on(table.accountId, table.parentId),
  ],
);
