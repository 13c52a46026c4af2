import { type SQL, sql } from "drizzle-orm";
import type { Door } from "../core/change.ts";
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

/** Finds its pages by their summary in `versions_seen`; a source's by its own index. */
const seenIn = ({ from, to, sourceId }: DoorWindow): SQL => sql`
  v.seen_at >= ${from.toISOString()}::timestamptz and v.seen_at < ${to.toISOString()}::timestamptz
  and (${sourceId ?? null}::uuid is null or exists (
    select from objects mine where mine.source_id = ${sourceId ?? null}::uuid
      and mine.file_id = v.file_id and mine.version_id = v.version_id))`;

/**
 * For each door how many versions it saw first, and how late it was with the others. A backfill's are
 * the listing's, since nobody announces them.
 */
export async function doorRecords(db: Queryable, window: DoorWindow): Promise<DoorRecord[]> {
  const found = await rows<DoorRecord & { quantiles: (number | null)[] | null }>(
    db,
    sql`
      with seen as materialized (
        select v.door, v.seen_at, v.webhook_at, v.events_at, v.listing_at from versions v
        where ${seenIn(window)}),
      sights as (
        select sight.door, seen.door = sight.door as first,
          extract(epoch from sight.at - seen.seen_at) * 1000 as ms
        from seen cross join lateral (values ('webhook', webhook_at), ('events', events_at),
          ('listing', listing_at)) as sight(door, at)
        where sight.at is not null)
      select door, count(*) filter (where first)::int as first,
        count(*) filter (where not first)::int as late,
        to_jsonb(percentile_cont(array[0.5, 0.95, 1]) within group (order by ms)
          filter (where not first)) as quantiles
      from sights group by door`,
  );
  return DOORS.map((door) => {
    const { first = 0, late = 0, quantiles } = found.find((row) => row.door === door) ?? {};
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
  door: Door;
  seenAt: string;
}

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
  const found = await rows<MissedDelivery & { total: string }>(
    db,
    sql`
      with missed as (
        select distinct on (v.file_id, v.version_id) s.account_id as "accountId",
          s.folder_id as "folderId", s.id as "sourceId", o.id::text as "objectId",
          v.file_id as "fileId", v.version_id as "versionId", v.door, v.seen_at
        from versions v
        join objects o on o.file_id = v.file_id and o.version_id = v.version_id
          and (${window.sourceId ?? null}::uuid is null
            or o.source_id = ${window.sourceId ?? null}::uuid)
        join sources s on s.id = o.source_id and s.state <> 'deleted'
        join webhooks w on w.account_id = s.account_id and w.folder_id = s.folder_id
          and w.state = 'registered'
        where ${seenIn(window)} and v.webhook_at is null and v.door in ('events', 'listing')
          and v.seen_at < now() - ${MISSING_AFTER_MINUTES}::int * interval '1 minute'
          and v.created_at > s.created_at
          and not exists (select from versions other where other.file_id = v.file_id
            and other.version_id <> v.version_id and other.sha1 = v.sha1)
        order by v.file_id, v.version_id, o.id)
      select *, seen_at as "seenAt", count(*) over () as total from missed
      order by seen_at desc limit ${limit}::int`,
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
      door: row.door,
      seenAt: row.seenAt,
    })),
  };
}
