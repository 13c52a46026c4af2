import { sql } from "drizzle-orm";
import type { AccountId, FileId, FolderId, VersionId } from "../core/ids.ts";
import { type Queryable, records, rows } from "./open.ts";

export interface FileRow {
  fileId: FileId;
  name: string;
  parentId: FolderId | undefined;
  /** Its current version; undefined leaves what is known. */
  versionId?: VersionId | undefined;
  /** Box's count of its changes by then. */
  sequence?: string | undefined;
  asOf: Date;
}

export interface PlacedElsewhere {
  fileId: FileId;
  name: string;
  parentId: FolderId | null;
}

/** Box's times are whole seconds, and what we read is dated by our clock when the reading begins. */
const SECOND_MS = 1000;

/**
 * Remembers where files are and what they are called. Older news is dropped: by Box's count of the file's changes
 * where both are of one second, else by its time.
 *
 * Holds each of the files until the caller's transaction ends, also those of which nothing is written: two doors that
 * record one file go one after the other, so that the second sees the versions and the place that the first
 * recorded. Answers where newer news has put those of them that lie elsewhere or are called otherwise.
 */
export async function rememberFiles(
  db: Queryable,
  account: AccountId,
  files: FileRow[],
): Promise<PlacedElsewhere[]> {
  const latest = latestOf(files);
  if (latest.length === 0) return [];
  // Sorted, so that two transactions meet the same rows in the same order and cannot deadlock.
  const written = await rows<{ fileId: FileId }>(
    db,
    sql`
      insert into files as known (account_id, file_id, name, parent_id, version_id, sequence, as_of)
      select ${account}::uuid, seen."fileId", seen.name, seen."parentId", seen."versionId",
        seen.sequence, seen."asOf"
      from json_to_recordset(${records(latest)}) as seen("fileId" text, name text,
        "parentId" text, "versionId" text, sequence numeric, "asOf" timestamptz)
      order by seen."fileId"
      on conflict (account_id, file_id) do update
        set name = excluded.name, parent_id = excluded.parent_id, sequence = excluded.sequence,
          version_id = coalesce(excluded.version_id, known.version_id),
          as_of = greatest(known.as_of, excluded.as_of)
        where case when known.sequence <> excluded.sequence
            and known.as_of > excluded.as_of - ${SECOND_MS}::int * interval '1 ms'
            and known.as_of < excluded.as_of + ${SECOND_MS}::int * interval '1 ms'
          then known.sequence < excluded.sequence else known.as_of < excluded.as_of end
      returning file_id as "fileId"`,
  );
  // A file of which news was written lies where the newest of it says: only of the others we ask.
  const isWritten = new Set(written.map(({ fileId }) => fileId));
  return placedElsewhere(
    db,
    account,
    files.filter(({ fileId }) => !isWritten.has(fileId)),
  );
}

/** The newest news of each file; of what nothing tells apart, the last. */
function latestOf(files: readonly FileRow[]): FileRow[] {
  const latest = new Map<FileId, FileRow>();
  for (const one of files) {
    const known = latest.get(one.fileId);
    if (!known || !isOlder(one, known)) latest.set(one.fileId, one);
  }
  return [...latest.values()];
}

function isOlder(one: FileRow, other: FileRow): boolean {
  const isOneSecond = Math.abs(one.asOf.getTime() - other.asOf.getTime()) < SECOND_MS;
  if (isOneSecond && one.sequence && other.sequence && one.sequence !== other.sequence)
    return BigInt(one.sequence) < BigInt(other.sequence);
  return one.asOf < other.asOf;
}

async function placedElsewhere(
  db: Queryable,
  account: AccountId,
  seen: Pick<FileRow, "fileId" | "name" | "parentId">[],
): Promise<PlacedElsewhere[]> {
  if (seen.length === 0) return [];
  return rows(
    db,
    sql`
      select f.file_id as "fileId", f.name, f.parent_id as "parentId" from files f
      join json_to_recordset(${records(seen)}) as seen("fileId" text, name text, "parentId" text)
        on f.account_id = ${account}::uuid and f.file_id = seen."fileId"
      where (f.name, f.parent_id) is distinct from (seen.name, seen."parentId")`,
  );
}
