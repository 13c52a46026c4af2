import { sql } from "drizzle-orm";
import type { FolderFact } from "../core/change.ts";
import { type AccountId, type FolderId, folderId } from "../core/ids.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

export interface FolderRow {
  folderId: FolderId;
  name: string;
  /** Undefined at the top of what the account sees. */
  parentId: FolderId | undefined;
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
  const latest = new Map<FolderId, FolderRow>();
  for (const one of folders) {
    const known = latest.get(one.folderId);
    if (!known || known.asOf <= one.asOf) latest.set(one.folderId, one);
  }
  if (latest.size === 0) return;
  // What "on conflict" meets is locked, updated or not: only news goes that far. Sorted, so that two
  // transactions meet the same rows in the same order and cannot deadlock.
  await db.execute(sql`
    insert into folders as known (account_id, folder_id, name, parent_id, as_of)
    select ${account}::uuid, seen."folderId", seen.name, seen."parentId", seen."asOf"
    from json_to_recordset(${records([...latest.values()])})
      as seen("folderId" text, name text, "parentId" text, "asOf" timestamptz)
    left join folders old on old.account_id = ${account}::uuid and old.folder_id = seen."folderId"
    where old.folder_id is null or old.as_of < seen."asOf" - case
      when (old.name, old.parent_id) is not distinct from (seen.name, seen."parentId")
      then interval '1 minute' else interval '0' end
    order by seen."folderId"
    on conflict (account_id, folder_id) do update
      set name = excluded.name, parent_id = excluded.parent_id, as_of = excluded.as_of
      where known.as_of < excluded.as_of`);
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
