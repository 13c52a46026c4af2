import { type SQL, sql } from "drizzle-orm";
import type { Door } from "../core/change.ts";
import { OBJECTS_OF_EACH } from "./facts.ts";
import { type Queryable, rows } from "./open.ts";

/** A delivery may be this late before it counts as missing: Box retries, and clocks differ. */
const MISSING_AFTER_MINUTES = 10;

export interface DoorWindow {
  /** Versions first seen from here, and before there. */
  from: Date;
  to: Date;
  /** Only what this source has. */
  sourceId?: string | undefined;
}

/** What one door made of the versions that were first seen in a window. */
export interface DoorRecord {
  door: Exclude<Door, "replay">;
  /** Those that it saw before any other. */
  first: number;
  /** Those that another saw before it, and how long it took after that. */
  late: number;
  p50Ms: number | null;
  p95Ms: number | null;
  maxMs: number | null;
}

const DOORS = ["webhook", "events", "listing"] as const;

/** The versions of a window, along `versions_seen`. */
const seenIn = ({ from, to, sourceId }: DoorWindow): SQL => sql`
  v.seen_at >= ${from.toISOString()}::timestamptz and v.seen_at < ${to.toISOString()}::timestamptz
  ${
    sourceId === undefined
      ? sql``
      : sql`and exists (select from objects mine where mine.source_id = ${sourceId}::uuid
          and mine.file_id = v.file_id and mine.version_id = v.version_id)`
  }`;

/** What a door made of versions `v`, as one JSON value of a statement that reads them all once. */
function recordOf(door: DoorRecord["door"]): SQL {
  const at = sql.raw(`v.${door}_at`);
  const late = sql`filter (where ${at} is not null and v.door <> ${door})`;
  return sql`json_build_object(
    'first', count(*) filter (where ${at} is not null and v.door = ${door}),
    'late', count(*) ${late},
    'quantiles', percentile_cont(array[0.5, 0.95, 1]) within group (
      order by extract(epoch from ${at} - v.seen_at)::float8 * 1000) ${late})`;
}

/**
 * For each door how many versions it saw first, and how late it was with the others. A backfill's are
 * the listing's, since nobody announces them.
 */
export async function doorRecords(db: Queryable, window: DoorWindow): Promise<DoorRecord[]> {
  const [row] = await rows<{
    records: { first: number; late: number; quantiles: (number | null)[] | null }[];
  }>(
    db,
    sql`
      select json_build_array(${sql.join(DOORS.map(recordOf), sql`, `)}) as records
      from versions v where ${seenIn(window)}`,
  );
  return DOORS.map((door, index) => {
    const { first = 0, late = 0, quantiles } = row?.records[index] ?? {};
    const [p50Ms = null, p95Ms = null, maxMs = null] = (quantiles ?? []).map(whole);
    return { door, first, late, p50Ms, p95Ms, maxMs };
  });
}

const whole = (ms: number | null) => (ms === null ? null : Math.round(ms));

export interface MissedDelivery {
  accountId: string;
  folderId: string;
  sourceId: string;
  objectId: string;
  fileId: string;
  versionId: string;
  /** Below its source's folder, as its object has it. */
  path: string;
  door: Door;
  seenAt: string;
}

/** The sources whose folder has a webhook that stands. */
const HOOKED = sql`
  select s.id, s.account_id, s.folder_id, s.created_at from sources s
  join webhooks w on w.account_id = s.account_id and w.folder_id = s.folder_id
    and w.state = 'registered'
  where s.state <> 'deleted'`;

const ofSource = ({ sourceId = null }: { sourceId?: string | null | undefined }): SQL =>
  sql`(${sourceId}::uuid is null or s.id = ${sourceId}::uuid)`;

/**
 * The versions that a standing webhook should have announced and did not: made since their source is
 * there, noticed by another door at least ten minutes ago. A version with the content of another of its
 * file is left out: it was promoted, which Box has no trigger for. Newest first, each once.
 */
export async function missedDeliveries(
  db: Queryable,
  window: DoorWindow,
  limit: number,
): Promise<{ count: number; newest: MissedDelivery[] }> {
  // Asked for by itself, so that the database knows that it leaves little of a backfill.
  const [{ since } = { since: null }] = await rows<{ since: string | null }>(
    db,
    sql`select min(s.created_at)::text as since from (${HOOKED} and ${ofSource(window)}) s`,
  );
  if (since === null) return { count: 0, newest: [] };
  const found = await rows<MissedDelivery & { total: string }>(
    db,
    sql`
      with unannounced as materialized (
        select v.file_id, v.version_id, v.sha1, v.door, v.seen_at, v.created_at from versions v
        where ${seenIn(window)}
          and v.seen_at < now() - ${MISSING_AFTER_MINUTES}::int * interval '1 minute'
          and v.created_at > ${since}::timestamptz
          and v.webhook_at is null and v.door in ('events', 'listing')),
      missed as (
        select distinct on (v.file_id, v.version_id) s.account_id as "accountId",
          s.folder_id as "folderId", s.id as "sourceId", o.id::text as "objectId",
          v.file_id as "fileId", v.version_id as "versionId", v.door, v.seen_at
        from unannounced v cross join lateral (${OBJECTS_OF_EACH}) o
        join (${HOOKED} and ${ofSource(window)}) s on s.id = o.source_id and v.created_at > s.created_at
        where v.sha1 <> all(array(select other.sha1 from versions other
          where other.file_id = v.file_id and other.version_id <> v.version_id))
        order by v.file_id, v.version_id, o.id)
      select newest.*, newest.seen_at as "seenAt", o.path from (
        select *, count(*) over () as total from missed order by seen_at desc limit ${limit}::int) newest
      join objects o on o.id = newest."objectId"::bigint
      order by newest.seen_at desc`,
  );
  return {
    count: Number(found[0]?.total ?? 0),
    newest: found.map((row) => ({
      accountId: row.accountId,
      folderId: row.folderId,
      sourceId: row.sourceId,
      objectId: row.objectId,
      fileId: row.fileId,
      versionId: row.versionId,
      path: row.path,
      door: row.door,
      seenAt: row.seenAt,
    })),
  };
}
