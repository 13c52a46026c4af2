import { sql } from "drizzle-orm";
import type { AccountId, FileId, VersionId } from "../core/ids.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

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

/**
 * Of these files, as a listing shows them, those that some source of the account was first owed by an
 * earlier listing since then, and whose versions were not listed in full after that.
 */
export async function owedUnread(
  db: Queryable,
  account: AccountId,
  listed: readonly { fileId: FileId; versionId: VersionId }[],
  since: Date,
): Promise<FileId[]> {
  if (listed.length === 0) return [];
  const found = await rows<{ fileId: FileId }>(
    db,
    sql`
      select distinct o.file_id as "fileId"
      from json_to_recordset(${records(listed)}) as listed("fileId" text, "versionId" text)
      join objects o on o.file_id = listed."fileId" and o.version_id = listed."versionId"
      join sources s on s.id = o.source_id and s.account_id = ${account}::uuid
      join files f on f.account_id = s.account_id and f.file_id = o.file_id
      where o.door = 'listing' and o.seen_at >= ${since.toISOString()}::timestamptz
        and o.seen_at < now() and (f.history_at is null or f.history_at < o.seen_at)`,
  );
  return found.map(({ fileId }) => fileId);
}

/** Box writes its times in whole seconds: what happened in the second of a reading may be later than it. */
const SECOND_MS = 1000;

/** Of these files, those whose versions were not listed in full since then, nor are about to be. */
export async function unreadSince(
  db: Queryable,
  account: AccountId,
  seen: readonly { fileId: FileId; asOf: Date }[],
): Promise<Set<FileId>> {
  if (seen.length === 0) return new Set();
  const found = await rows<{ fileId: FileId }>(
    db,
    sql`
      select f.file_id as "fileId" from files f
      join json_to_recordset(${records(seen)}) as seen("fileId" text, "asOf" timestamptz)
        on f.account_id = ${account}::uuid and f.file_id = seen."fileId"
      where (f.history_at is null
          or f.history_at < seen."asOf" + ${SECOND_MS}::int * interval '1 ms')
        and not exists (select from checks c where c.account_id = f.account_id
          and c.file_id = f.file_id and c.state = 'due' and c.leased_by is null)`,
  );
  return new Set(found.map(({ fileId }) => fileId));
}
