import { sql } from "drizzle-orm";
import type { AccountId, FileId, SourceId, VersionId } from "../core/ids.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

/** An object that is being stored, with all that storing it needs. */
export interface LeasedObject {
  id: number;
  lease: number;
  attempts: number;
  priority: number;
  name: string;
  path: string;
  /** Known when it was stored before and is replayed. */
  generation: string | undefined;
  seenAt: Date;
  fileId: FileId;
  versionId: VersionId;
  sha1: string;
  sizeBytes: number;
  uploadedBy: { id: string; login?: string; name?: string } | undefined;
  createdAt: Date | undefined;
  contentCreatedAt: Date | undefined;
  contentModifiedAt: Date | undefined;
  accountId: AccountId;
  sourceId: SourceId;
  sourceName: string;
  /** Of the source; undefined for the lake's own. */
  bucket: string | undefined;
  tags: string[];
  metadata: Record<string, string>;
  pathFields: Record<string, string>;
  misfit: string | undefined;
}

/**
 * Leases those of the asked objects that are due, free, and belong to an active source of a linked
 * account. The rest are absent from the answer: somebody else has them, or they wait.
 */
export async function leaseObjects(
  db: Queryable,
  worker: string,
  ids: readonly number[],
): Promise<Map<number, LeasedObject>> {
  const found = await rows<{ object: string }>(
    db,
    sql`
      with due as (
        select o.id from objects o
        join sources s on s.id = o.source_id and s.state = 'active'
        join accounts a on a.id = s.account_id and a.state = 'linked'
        where o.id = any(${texts(ids.map(String))}::bigint[])
          and o.state in ('pending', 'waiting') and o.due_at <= now() and o.leased_by is null
        order by o.id for update of o skip locked),
      leased as (
        update objects o set leased_by = ${worker}::uuid, lease = o.lease + 1
        from due where o.id = due.id returning o.*)
      select json_build_object(
        'id', o.id, 'lease', o.lease, 'attempts', o.attempts, 'priority', o.priority,
        'name', o.name, 'path', o.path, 'generation', o.generation, 'seenAt', o.seen_at,
        'fileId', o.file_id, 'versionId', o.version_id, 'sha1', v.sha1, 'sizeBytes', v.size_bytes,
        'uploadedBy', v.uploaded_by, 'createdAt', v.created_at,
        'contentCreatedAt', v.content_created_at, 'contentModifiedAt', v.content_modified_at,
        'accountId', s.account_id, 'sourceId', s.id, 'sourceName', s.name, 'tags', s.tags,
        'metadata', s.metadata, 'bucket', s.bucket, 'pathFields', coalesce(o.path_fields, '{}'),
        'misfit', o.misfit)::text as object
      from leased o
      join versions v on v.file_id = o.file_id and v.version_id = o.version_id
      join sources s on s.id = o.source_id`,
  );
  const leased = found.map((row) => readObject(JSON.parse(row.object)));
  return new Map(leased.map((object) => [object.id, object]));
}

const TIMES = ["createdAt", "contentCreatedAt", "contentModifiedAt"] as const;

/** The statement above builds exactly these fields; JSON carries times as text and absence as null. */
function readObject(row: Record<string, unknown>): LeasedObject {
  const moment = (value: unknown) => (typeof value === "string" ? new Date(value) : undefined);
  const times = Object.fromEntries(TIMES.map((field) => [field, moment(row[field])]));
  const absent = {
    generation: row["generation"] ?? undefined,
    uploadedBy: row["uploadedBy"] ?? undefined,
    bucket: row["bucket"] ?? undefined,
    misfit: row["misfit"] ?? undefined,
  };
  return { ...row, ...times, ...absent, seenAt: moment(row["seenAt"]) } as LeasedObject;
}

export interface StoredObject {
  id: number;
  lease: number;
  generation: string;
  crc32c: string;
  sizeBytes: number;
}

/** Marks objects as stored. Answers the ids that were: a lease lost meanwhile writes nothing. */
export async function finishObjects(
  db: Queryable,
  worker: string,
  stored: StoredObject[],
): Promise<Set<number>> {
  const done = await rows<{ id: string }>(
    db,
    sql`
      update objects o set state = 'stored', generation = done.generation, crc32c = done.crc32c,
        stored_bytes = done."sizeBytes",
        stored_at = coalesce(o.stored_at, now()), failure = null, failure_reason = null, hint = null,
        failed_at = null, leased_by = null
      from json_to_recordset(${records(stored.toSorted((a, b) => a.id - b.id))})
        as done(id bigint, lease int, generation text, crc32c text, "sizeBytes" bigint)
      where o.id = done.id and o.lease = done.lease and o.leased_by = ${worker}::uuid
      returning o.id`,
  );
  return new Set(done.map((row) => Number(row.id)));
}
