import { sql } from "drizzle-orm";
import type { AccountId, FileId } from "../core/ids.ts";
import { type Queryable, rows, texts } from "./open.ts";

/** Of these files, so many whose versions were listed longest ago, or never. */
export async function longestUnread(
  db: Queryable,
  account: AccountId,
  files: readonly FileId[],
  count: number,
): Promise<FileId[]> {
  if (files.length === 0 || count === 0) return [];
  const found = await rows<{ fileId: FileId }>(
    db,
    sql`
      select file_id as "fileId" from files
      where account_id = ${account}::uuid and file_id = any(${texts(files)})
      order by history_at nulls first, file_id limit ${count}::int`,
  );
  return found.map(({ fileId }) => fileId);
}

/** Notes when a file's versions were listed in full; an earlier moment changes nothing. */
export async function noteHistory(db: Queryable, account: AccountId, file: FileId, at: Date) {
  await db.execute(sql`
    update files set history_at = greatest(history_at, ${at.toISOString()}::timestamptz)
    where account_id = ${account}::uuid and file_id = ${file}`);
}
