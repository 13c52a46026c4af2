import { type SQL, sql } from "drizzle-orm";
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

export interface ListedFile {
  fileId: FileId;
  /** Its current version. */
  versionId: VersionId;
  /** Some source wants versions of this file, but none of this size. */
  isUnfit: boolean;
}

/**
 * Of these files, as a listing shows them, those whose current version an earlier listing since then was the
 * first to meet, or to owe to some source of the account, and whose versions were not listed in full after
 * that; and of the unfit those whose versions never were.
 */
export async function metUnread(
  db: Queryable,
  account: AccountId,
  listed: readonly ListedFile[],
  since: Date,
): Promise<FileId[]> {
  if (listed.length === 0) return [];
  const metSince = (door: SQL, seenAt: SQL) => sql`
    ${door} = 'listing' and ${seenAt} >= ${since.toISOString()}::timestamptz
      and ${seenAt} < now() and (f.history_at is null or f.history_at < ${seenAt})`;
  const found = await rows<{ fileId: FileId }>(
    db,
    sql`
      select f.file_id as "fileId"
      from json_to_recordset(${records(listed)})
        as listed("fileId" text, "versionId" text, "isUnfit" boolean)
      join files f on f.account_id = ${account}::uuid and f.file_id = listed."fileId"
      join versions v on v.file_id = listed."fileId" and v.version_id = listed."versionId"
      where listed."isUnfit" and f.history_at is null
        or ${metSince(sql`v.door`, sql`v.seen_at`)}
        or exists (select from objects o join sources s on s.id = o.source_id
          where o.file_id = v.file_id and o.version_id = v.version_id
            and s.account_id = ${account}::uuid and ${metSince(sql`o.door`, sql`o.seen_at`)})`,
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
