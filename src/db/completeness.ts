import { type SQL, sql } from "drizzle-orm";
import type { FileId, VersionId } from "../core/ids.ts";
import { LOST_UNREAD, STANDING } from "./losses.ts";
import { type Queryable, rows } from "./open.ts";
import { type AskedSource, met, type Proof } from "./source-proof.ts";

export type Reason = "pending" | "waiting" | "given_up" | "lost" | "withdrawn";

/** A version that the lake was owed and does not hold. */
export interface Difference {
  fileId: FileId;
  versionId: VersionId;
  path: string;
  /** Null for what was lost before Box said how long it is. */
  sizeBytes: number | null;
  /** The file's current version, as far as is known; false for its past ones. */
  current: boolean;
  reason: Reason;
  /** Of the last attempt that failed. */
  failure: string | null;
  hint: string | null;
  /** By Box's time. */
  createdAt: string | null;
  /** Of what was lost before it was read, the time that Box said. */
  seenAt: string;
  lostAt: string | null;
}

/** The objects of a source that are not stored, with their versions and files, of the files `from` on. */
const lacking = (
  { sourceId, accountId }: AskedSource,
  proof: Proof | undefined,
  from = "",
): SQL => sql`
  from objects o
  join versions v on v.file_id = o.file_id and v.version_id = o.version_id and v.file_id >= ${from}
  left join files f on f.account_id = ${accountId}::uuid and f.file_id = o.file_id
    and f.file_id >= ${from}
  where o.source_id = ${sourceId}::uuid
    and o.state in ('pending', 'waiting', 'given_up', 'withdrawn')
    and ${met(proof)}`;

const REASON = sql`case when o.state = 'given_up' and v.lost_at is not null then 'lost' else o.state end`;

/** The versions of a source that were lost before they were read, with their files, of the files `from` on. */
const lost = (
  { sourceId, accountId }: AskedSource,
  proof: Proof | undefined,
  from = "",
): SQL => sql`
  from ${STANDING.from} left join files f on f.account_id = ${accountId}::uuid
    and f.file_id = l.file_id and f.file_id >= ${from}
  where l.source_id = ${sourceId}::uuid and l.file_id >= ${from} and ${STANDING.where}
    and ${met(proof)}`;

const REASON_LOST = sql`case when l.wanted then 'lost' else 'withdrawn' end`;

export interface DifferencePage {
  /** The last one of the page before. */
  after?: { fileId: string; versionId: string } | undefined;
  /** Only those that an attempt failed for: not what is merely on its way, nor what is not wanted. */
  failed?: boolean;
  limit: number;
}

/**
 * What the lake lacks, by file and version: along an index, each table from the last one of the page
 * before on, so that a page costs the same anywhere.
 */
export async function listDifferences(
  db: Queryable,
  source: AskedSource,
  proof: Proof | undefined,
  { after, failed = false, limit }: DifferencePage,
): Promise<Difference[]> {
  const { fileId = "", versionId = "" } = after ?? {};
  // Each half has a page of its own, so that neither is read whole.
  return rows(
    db,
    sql`
      (select o.file_id as "fileId", o.version_id as "versionId", o.path,
        v.size_bytes::float8 as "sizeBytes",
        coalesce(f.version_id = o.version_id, false) as current, ${REASON} as reason,
        case when o.state in ('waiting', 'given_up') then o.failure_reason end as failure,
        case when o.state in ('waiting', 'given_up') then o.hint end as hint,
        to_json(v.created_at)#>>'{}' as "createdAt",
        to_json(o.seen_at)#>>'{}' as "seenAt", to_json(v.lost_at)#>>'{}' as "lostAt"
      ${lacking(source, proof, fileId)}
        and (o.file_id, o.version_id) > (${fileId}, ${versionId})
        ${failed ? sql`and o.state in ('waiting', 'given_up')` : sql``}
      order by o.file_id, o.version_id limit ${limit}::int)
      union all
      (select l.file_id, l.version_id, l.path, l.size_bytes::float8, false, ${REASON_LOST},
        ${LOST_UNREAD.reason}::text, ${LOST_UNREAD.hint}::text, to_json(l.told_at)#>>'{}',
        to_json(l.told_at)#>>'{}', to_json(l.lost_at)#>>'{}'
      ${lost(source, proof, fileId)}
        and (l.file_id, l.version_id) > (${fileId}, ${versionId})
        ${failed ? sql`and l.wanted` : sql``}
      order by l.file_id, l.version_id limit ${limit}::int)
      order by "fileId", "versionId" limit ${limit}::int`,
  );
}

/**
 * How many versions the lake lacks, by reason; and how many files of what the proof counted, with their
 * bytes. A file whose newer version came after the proof counts with any older one that is lacking: so the
 * lake is never said to hold more than it does. A newer one that was known then is what the proof met,
 * whether it counted it or not.
 */
export async function countDifferences(
  db: Queryable,
  source: AskedSource,
  proof: Proof | undefined,
) {
  const proved = sql`o.seen_at <= ${proof?.finishedAt.toISOString() ?? "-infinity"}::timestamptz`;
  // What the source asked for when the proof counted it, and an edit withdrew: it was never stored.
  const isWithdrawnSince = sql`date_trunc('milliseconds', o.due_at) > ${proof?.startedAt.toISOString() ?? "-infinity"}::timestamptz`;
  const [row] = await rows<{
    reasons: Partial<Record<Reason, number>>;
    files: number;
    bytes: number;
  }>(
    db,
    sql`
      with lacking as (
        select o.file_id, v.size_bytes, ${REASON} as reason,
          (o.state <> 'withdrawn' or ${isWithdrawnSince}) and ${proved} and (f.version_id is null
            or f.version_id = o.version_id
            or not exists (select from versions newer
              where newer.file_id = f.file_id and newer.version_id = f.version_id
                and newer.seen_at <= ${proof?.finishedAt.toISOString() ?? "-infinity"}::timestamptz)
          ) as counted
        ${lacking(source, proof)}),
      reasons as (
        select reason from lacking union all select ${REASON_LOST} ${lost(source, proof)}),
      files as (select max(size_bytes) as bytes from lacking where counted group by file_id)
      select (select coalesce(jsonb_object_agg(reason, count), '{}') from (
          select reason, count(*) from reasons group by reason) as counted) as reasons,
        (select count(*)::float8 from files) as files,
        (select coalesce(sum(bytes), 0)::float8 from files) as bytes`,
  );
  return row ?? { reasons: {}, files: 0, bytes: 0 };
}
