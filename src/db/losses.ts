import { type SQL, sql } from "drizzle-orm";
import type { AccountId, FileId, SourceId, VersionId } from "../core/ids.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

export interface Loss {
  sourceId: SourceId;
  fileId: FileId;
  versionId: VersionId;
  path: string;
  sizeBytes: number | undefined;
  toldAt: Date;
}

/**
 * Keeps what was lost before it was read; the first word of it stands. A version that is on record is owed by
 * its fact, and what becomes of it is said there. True when something was not known to be lost before.
 */
export async function keepLosses(db: Queryable, losses: readonly Loss[]): Promise<boolean> {
  if (losses.length === 0) return false;
  const kept = await rows(
    db,
    sql`
    insert into losses (source_id, file_id, version_id, path, size_bytes, told_at)
    select "sourceId", "fileId", "versionId", path, "sizeBytes", "toldAt"
    from json_to_recordset(${records(losses)}) as l("sourceId" uuid, "fileId" text, "versionId" text,
      path text, "sizeBytes" bigint, "toldAt" timestamptz)
    where ${unrecorded(sql`l."fileId"`, sql`l."versionId"`)}
    on conflict (source_id, file_id, version_id) do nothing returning id`,
  );
  return kept.length > 0;
}

/** True for a version that nobody has seen since: what turned up after all is no loss. */
const unrecorded = (file: SQL, version: SQL) => sql`not exists (
  select from versions v where v.file_id = ${file} and v.version_id = ${version})`;

/** The losses `l` that stand, for a `from` and a `where`. */
export const STANDING = {
  from: sql`losses l`,
  where: unrecorded(sql`l.file_id`, sql`l.version_id`),
};

/** What is said of each of them. */
export const LOST_UNREAD = {
  reason: "Box told of this version, and held it no longer when its file was read",
  hint: "It was deleted, or pushed out: Box keeps as many past versions as its plan says. Restored in the file's version history, it is fetched by itself.",
};

/** Every loss of a source, whether it stands, is wanted, or not. */
export async function lossesOf(
  db: Queryable,
  source: SourceId,
): Promise<(Loss & { id: number; wanted: boolean })[]> {
  const found = await rows<{
    id: string;
    fileId: FileId;
    versionId: VersionId;
    path: string;
    sizeBytes: string | null;
    toldAt: string;
    wanted: boolean;
  }>(
    db,
    sql`
      select id, file_id as "fileId", version_id as "versionId", path, size_bytes as "sizeBytes",
        told_at as "toldAt", wanted
      from losses where source_id = ${source}::uuid`,
  );
  return found.map(({ id, sizeBytes, toldAt, ...row }) => ({
    ...row,
    id: Number(id),
    sourceId: source,
    sizeBytes: sizeBytes === null ? undefined : Number(sizeBytes),
    toldAt: new Date(toldAt),
  }));
}

/** The files of these losses, by the account that may look at them again. */
export async function filesOfLosses(db: Queryable, ids: readonly string[]) {
  return rows<{ accountId: AccountId; fileId: FileId }>(
    db,
    sql`
      select distinct s.account_id as "accountId", l.file_id as "fileId"
      from ${STANDING.from} join sources s on s.id = l.source_id and s.state <> 'deleted'
      where l.id = any(${texts(ids)}::bigint[]) and ${STANDING.where}`,
  );
}

/** Notes which of a source's losses it asks for now. */
export async function markWanted(
  db: Queryable,
  losses: readonly { id: number; wanted: boolean }[],
): Promise<void> {
  for (const wanted of [true, false]) {
    const ids = losses.filter((loss) => loss.wanted === wanted).map(({ id }) => String(id));
    if (ids.length > 0)
      await db.execute(sql`
        update losses set wanted = ${wanted}::boolean where id = any(${texts(ids)}::bigint[])`);
  }
}
