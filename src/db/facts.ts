import { sql } from "drizzle-orm";
import type { Door, VersionFact } from "../core/change.ts";
import type { AccountId, FileId, FolderId, VersionId } from "../core/ids.ts";
import { firstSeen, noteLate } from "./doors.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

export interface SeenVersion {
  fileId: FileId;
  version: VersionFact;
}

export interface KnownVersion {
  fileId: FileId;
  versionId: VersionId;
  sizeBytes: number;
  createdAt: Date | undefined;
  seenAt: Date;
  /** The sources that have an object of it already; not those from which it was withdrawn. */
  sources: string[];
}

/** True for a version `v` whose bytes lie in the lake: they were counted and hashed on the way. */
const proved = sql`exists (select from objects o
  where o.file_id = v.file_id and o.version_id = v.version_id and o.state = 'stored')`;

/**
 * The fact of a version named in `seen`, for a `lateral` beside it: `offset 0` has each looked up by the
 * index, where PostgreSQL, that takes them for a hundred, would read all versions of a table of ten thousand.
 */
const FACT_OF_EACH = sql`
  select file_id, version_id, sha1, size_bytes from versions
  where file_id = seen."fileId" and version_id = seen."versionId" offset 0`;

/** The objects of a version `v`, for a `lateral` beside few versions: each looked up by the index alike. */
export const OBJECTS_OF_EACH = sql`
  select id, source_id, swept_by from objects
  where file_id = v.file_id and version_id = v.version_id offset 0`;

/**
 * Records versions, each once, and when this door first saw each. `fresh` are those that were not known, as `file/version`;
 * `disputed` are known ones, not proved yet, that Box now describes with another size or SHA-1: the
 * recorded fact stands until somebody reads Box again.
 */
export async function recordVersions(db: Queryable, seen: SeenVersion[], door: Door) {
  const fresh = new Set<string>();
  const disputed = new Set<FileId>();
  if (seen.length === 0) return { fresh, disputed };
  const values = seen
    .map(({ fileId, version }) => ({ fileId, ...version }))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const first = firstSeen(door);
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
          content_created_at, content_modified_at, door${first.columns})
        select "fileId", "versionId", sha1, "sizeBytes", name, "uploadedBy", "createdAt",
          "contentCreatedAt", "contentModifiedAt", ${door}${first.values} from seen
        on conflict (file_id, version_id) do nothing
        returning file_id, version_id)${noteLate(door)}
      select file_id as "fileId", version_id as "versionId", true as fresh from fresh
      union all
      select seen."fileId", seen."versionId", false
      from seen cross join lateral (${FACT_OF_EACH}) v
      where (v.sha1 <> seen.sha1 or v.size_bytes <> seen."sizeBytes") and not ${proved}`,
  );
  for (const row of answer) {
    if (row.fresh) fresh.add(keyOf(row));
    else disputed.add(row.fileId);
  }
  return { fresh, disputed };
}

/** Every known version of these files, each named once, with the sources that have it already. */
export async function knownVersions(
  db: Queryable,
  files: readonly string[],
): Promise<KnownVersion[]> {
  if (files.length === 0) return [];
  const found = await rows<KnownRow>(
    db,
    sql`
      select v.file_id as "fileId", v.version_id as "versionId", v.size_bytes as "sizeBytes",
        v.created_at as "createdAt", v.seen_at as "seenAt",
        coalesce((select json_agg(o.source_id) from objects o
          where o.file_id = v.file_id and o.version_id = v.version_id and o.state <> 'withdrawn'), '[]')
          as sources
      from unnest(${texts(files)}) as asked(file_id)
      cross join lateral (select * from versions where file_id = asked.file_id offset 0) v`,
  );
  return found.map(({ sizeBytes, createdAt, seenAt, ...row }) => ({
    ...row,
    sizeBytes: Number(sizeBytes),
    createdAt: createdAt === null ? undefined : new Date(createdAt),
    seenAt: new Date(seenAt),
  }));
}

type KnownRow = Pick<KnownVersion, "fileId" | "versionId" | "sources"> & {
  sizeBytes: string;
  createdAt: string | null;
  seenAt: string;
};

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
 * Notes that this door saw them.
 */
export async function recordedAmong(
  db: Queryable,
  account: AccountId,
  named: NamedVersion[],
  door: Door,
) {
  if (named.length === 0) return [];
  return rows<{ fileId: FileId; versionId: VersionId; name: string; parentId: FolderId | null }>(
    db,
    sql`
      with seen as (
        select * from json_to_recordset(${records(named)})
          as seen("fileId" text, "versionId" text, "parentId" text))${noteLate(door)}
      select v.file_id as "fileId", v.version_id as "versionId", f.name, f.parent_id as "parentId"
      from seen
      join versions v on v.file_id = seen."fileId" and v.version_id = seen."versionId"
      join files f on f.account_id = ${account}::uuid and f.file_id = seen."fileId"
        and f.parent_id = coalesce(seen."parentId", f.parent_id)`,
  );
}

/**
 * Replaces facts of a file by what a second reading of Box says, and keeps the old ones in the rows'
 * history. A fact that says so already stands, and so does one that stored bytes have proved.
 * Answers how many were replaced.
 */
export async function correctVersions(db: Queryable, fileId: FileId, said: VersionFact[]) {
  const corrected = await rows(
    db,
    sql`
      update versions v set sha1 = said.sha1, size_bytes = said."sizeBytes",
        corrections = coalesce(v.corrections, '[]'::jsonb) || jsonb_build_object(
          'sha1', v.sha1, 'sizeBytes', v.size_bytes, 'at', now())
      from json_to_recordset(${records(said)})
        as said("versionId" text, sha1 text, "sizeBytes" bigint)
      where v.file_id = ${fileId} and v.version_id = said."versionId"
        and (v.sha1 <> said.sha1 or v.size_bytes <> said."sizeBytes") and not ${proved}
      returning v.version_id`,
  );
  return corrected.length;
}

export const keyOf = (version: { fileId: string; versionId: string }) =>
  `${version.fileId}/${version.versionId}`;
