import { sql } from "drizzle-orm";
import type { FolderFact } from "../core/change.ts";
import {
  type AccountId,
  type FileId,
  type FolderId,
  folderId,
  type VersionId,
} from "../core/ids.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

export interface FolderRow {
  folderId: FolderId;
  name: string;
  /** Undefined at the top of what the account sees. */
  parentId: FolderId | undefined;
  asOf: Date;
}

export interface FileRow {
  fileId: FileId;
  name: string;
  parentId: FolderId | undefined;
  /** Its current version; undefined leaves what is known. */
  versionId?: VersionId | undefined;
  asOf: Date;
}

/** Deeper trees than this are a circle that two renames at once could leave behind. */
const DEEPEST = 200;

/**
 * Remembers where folders are. News older than what is known is dropped; news that says the same
 * writes nothing unless a minute has passed, so that a thousand uploads into one folder do not
 * queue for its row.
 */
export async function rememberFolders(db: Queryable, account: AccountId, folders: FolderRow[]) {
  await remember(
    db,
    account,
    "folders",
    folders.map((folder) => ({ ...folder, id: folder.folderId })),
  );
}

/** A way from the top down as rows, each in the one before. */
export const rowsOfWay = (way: readonly FolderFact[], asOf: Date): FolderRow[] =>
  way.map(({ folderId, name }, index) => ({
    folderId,
    name,
    parentId: way[index - 1]?.folderId,
    asOf,
  }));

/** No folder at Box is called so. */
const UNSEEN_NAME = "";

/**
 * Remembers that the account does not see a folder: it counts as one at the top, outside every source,
 * so that what is told of its files costs no call. After a day that is asked again; any reading or
 * listing that shows the folder replaces it at once.
 */
export const rememberUnseen = (db: Queryable, account: AccountId, folder: FolderId, asOf: Date) =>
  rememberFolders(db, account, [
    { folderId: folder, name: UNSEEN_NAME, parentId: undefined, asOf },
  ]);

/**
 * The same for files, and holds each of them until the caller's transaction ends, also those of
 * which nothing is written: two doors that record one file go one after the other, so that the
 * second sees the versions and the place that the first recorded. Answers where newer news has put
 * those of them that lie elsewhere or are called otherwise.
 */
export async function rememberFiles(
  db: Queryable,
  account: AccountId,
  files: FileRow[],
): Promise<PlacedElsewhere[]> {
  const written = await remember(
    db,
    account,
    "files",
    files.map((file) => ({ ...file, id: file.fileId })),
  );
  // A file of which news was written lies where the newest of it says: only of the others we ask.
  return placedElsewhere(
    db,
    account,
    files.filter(({ fileId }) => !written.has(fileId)),
  );
}

type Placed = {
  id: string;
  name: string;
  parentId: string | undefined;
  versionId?: VersionId | undefined;
  asOf: Date;
};

async function remember(
  db: Queryable,
  account: AccountId,
  kind: "files" | "folders",
  seen: Placed[],
): Promise<Set<string>> {
  const latest = new Map<string, Placed>();
  for (const one of seen) {
    const known = latest.get(one.id);
    if (!known || known.asOf <= one.asOf) latest.set(one.id, one);
  }
  if (latest.size === 0) return new Set();
  const isFile = kind === "files";
  const table = sql.identifier(kind);
  const id = sql.identifier(isFile ? "file_id" : "folder_id");
  // What "on conflict" meets is locked, updated or not: only news of a folder goes that far.
  const worthAsking = isFile
    ? sql``
    : sql`
        left join folders old on old.account_id = ${account}::uuid and old.folder_id = seen.id
        where old.folder_id is null or old.as_of < seen."asOf" - case
          when (old.name, old.parent_id) is not distinct from (seen.name, seen."parentId")
          then interval '1 minute' else interval '0' end`;
  // Sorted, so that two transactions meet the same rows in the same order and cannot deadlock.
  const written = await rows<{ id: string }>(
    db,
    sql`
    insert into ${table} as known (account_id, ${id}, name, parent_id, as_of ${isFile ? sql`, version_id` : sql``})
    select ${account}::uuid, seen.id, seen.name, seen."parentId", seen."asOf"
      ${isFile ? sql`, seen."versionId"` : sql``}
    from json_to_recordset(${records([...latest.values()])})
      as seen(id text, name text, "parentId" text, "versionId" text, "asOf" timestamptz)
    ${worthAsking}
    order by seen.id
    on conflict (account_id, ${id}) do update
      set name = excluded.name, parent_id = excluded.parent_id, as_of = excluded.as_of
        ${isFile ? sql`, version_id = coalesce(excluded.version_id, known.version_id)` : sql``}
      where known.as_of < excluded.as_of
    returning ${id} as id`,
  );
  return new Set(written.map((row) => row.id));
}

export interface PlacedElsewhere {
  fileId: FileId;
  name: string;
  parentId: FolderId | null;
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

/**
 * The way from the top down to each folder, itself last. A folder whose way is not known to the
 * top is absent from the answer: only Box can say where it lies.
 */
export async function waysDown(
  db: Queryable,
  account: AccountId,
  folders: readonly string[],
): Promise<Map<string, FolderFact[]>> {
  const ways = new Map<string, FolderFact[]>();
  if (folders.length === 0) return ways;
  const found = await rows<{ start: string; id: string; name: string; top: boolean }>(
    db,
    sql`
      with recursive up as (
        select folder_id as start, folder_id, name, parent_id, 1 as depth from folders
        where account_id = ${account}::uuid and folder_id = any(${texts(folders)})
          and not (name = ${UNSEEN_NAME} and as_of < now() - interval '1 day')
        union all
        select up.start, above.folder_id, above.name, above.parent_id, up.depth + 1
        from up join folders above
          on above.account_id = ${account}::uuid and above.folder_id = up.parent_id
        where up.depth < ${DEEPEST}::int)
      select start, folder_id as id, name, parent_id is null as top
      from up order by start, depth desc`,
  );
  for (const row of found) {
    const way = ways.get(row.start) ?? [];
    if (way.length > 0 || row.top) {
      way.push({ folderId: folderId(row.id), name: row.name });
      ways.set(row.start, way);
    }
  }
  return ways;
}
