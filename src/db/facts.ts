import { sql } from "drizzle-orm";
import type { Door, VersionFact } from "../core/change.ts";
import type { AccountId, FileId, FolderId, VersionId } from "../core/ids.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

export interface SeenVersion {
  fileId: FileId;
  version: VersionFact;
}

export interface KnownVersion {
  fileId: string;
  versionId: string;
  /** The sources that have an object of it already. */
  sources: string[];
}

/**
 * Records versions, each once. `fresh` are those that were not known, as `file/version`;
 * `disputed` are known ones that Box now describes with another size or SHA-1: the recorded fact
 * stands until somebody reads Box again.
 */
export async function recordVersions(db: Queryable, seen: SeenVersion[], door: Door) {
  const fresh = new Set<string>();
  const disputed = new Set<FileId>();
  if (seen.length === 0) return { fresh, disputed };
  const values = seen
    .map(({ fileId, version }) => ({ fileId, ...version }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const answer = await rows<{ fileId: FileId; versionId: string; fresh: boolean }>(
    db,
    sql`
      with seen as (
        select * from json_to_recordset(${records(values)}) as seen(
          "fileId" text, "versionId" text, sha1 text, "sizeBytes" bigint, name text,
          "uploadedBy" jsonb, "createdAt" timestamptz, "contentCreatedAt" timestamptz,
          "contentModifiedAt" timestamptz)),
      fresh as (
        insert into versions (file_id, version_id, sha1, size_bytes, name, uploaded_by, created_at,
          content_created_at, content_modified_at, door)
        select "fileId", "versionId", sha1, "sizeBytes", name, "uploadedBy", "createdAt",
          "contentCreatedAt", "contentModifiedAt", ${door} from seen
        on conflict (file_id, version_id) do nothing
        returning file_id, version_id)
      select file_id as "fileId", version_id as "versionId", true as fresh from fresh
      union all
      select seen."fileId", seen."versionId", false from seen join versions known
        on known.file_id = seen."fileId" and known.version_id = seen."versionId"
      where known.sha1 <> seen.sha1 or known.size_bytes <> seen."sizeBytes"`,
  );
  for (const row of answer) {
    if (row.fresh) fresh.add(keyOf(row));
    else disputed.add(row.fileId);
  }
  return { fresh, disputed };
}

/** Every known version of these files, with the sources that have it already. */
export async function knownVersions(
  db: Queryable,
  files: readonly string[],
): Promise<KnownVersion[]> {
  if (files.length === 0) return [];
  return rows(
    db,
    sql`
      select v.file_id as "fileId", v.version_id as "versionId",
        coalesce(json_agg(o.source_id) filter (where o.source_id is not null), '[]') as sources
      from versions v left join objects o on o.file_id = v.file_id and o.version_id = v.version_id
      where v.file_id = any(${texts(files)})
      group by v.file_id, v.version_id`,
  );
}

export interface NamedVersion {
  fileId: FileId;
  versionId: VersionId;
  /** The folder it was named in, when it was. */
  parentId: FolderId | undefined;
}

/**
 * Of these, the versions that are recorded of files which the account itself has seen, with the
 * place where it last saw them. A version belongs to no account, so being recorded does not say that
 * this one ever decided about it; and a file named in another folder than it was seen in has moved.
 */
export async function recordedAmong(db: Queryable, account: AccountId, named: NamedVersion[]) {
  if (named.length === 0) return [];
  return rows<{ fileId: FileId; versionId: VersionId; name: string; parentId: FolderId | null }>(
    db,
    sql`
      select v.file_id as "fileId", v.version_id as "versionId", f.name, f.parent_id as "parentId"
      from json_to_recordset(${records(named)})
        as named("fileId" text, "versionId" text, "parentId" text)
      join versions v on v.file_id = named."fileId" and v.version_id = named."versionId"
      join files f on f.account_id = ${account}::uuid and f.file_id = named."fileId"
        and f.parent_id = coalesce(named."parentId", f.parent_id)`,
  );
}

/**
 * Replaces a fact that a download disproved by what a second reading of Box says, and keeps the
 * old one in the row's history. Does nothing when the fact says so already.
 */
export async function correctVersion(db: Queryable, fileId: FileId, version: VersionFact) {
  const corrected = await rows(
    db,
    sql`
      update versions set sha1 = ${version.sha1}, size_bytes = ${version.sizeBytes}::bigint,
        corrections = coalesce(corrections, '[]'::jsonb) || jsonb_build_object(
          'sha1', sha1, 'sizeBytes', size_bytes, 'at', now())
      where file_id = ${fileId} and version_id = ${version.versionId}
        and (sha1 <> ${version.sha1} or size_bytes <> ${version.sizeBytes}::bigint)
      returning file_id`,
  );
  return corrected.length > 0;
}

export const keyOf = (version: { fileId: string; versionId: string }) =>
  `${version.fileId}/${version.versionId}`;
