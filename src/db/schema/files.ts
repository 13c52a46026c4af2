import { index, numeric, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { accounts } from "./accounts.ts";
import { moment } from "./columns.ts";

/** One row is where an account last saw a file, by what name. */
export const files = pgTable(
  "files",
  {
    accountId: uuid("account_id")
      .notNull()
      .references(() => accounts.id),
    fileId: text("file_id").notNull(),
    name: text("name").notNull(),
    /** Null when the account sees the file but not its folder. */
    parentId: text("parent_id"),
    /** Its current version when it was last seen; null while only its history was. */
    versionId: text("version_id"),
    /** When its versions were last listed in full. */
    historyAt: moment("history_at"),
    asOf: moment("as_of").notNull(),
    /** Box's count of the file's changes by then; null where it was not said. */
    sequence: numeric("sequence"),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.fileId] }),
    index("files_parent").on(table.accountId, table.parentId),
  ],
);
