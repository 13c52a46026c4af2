import { type SQL, sql } from "drizzle-orm";
import type { Door } from "../core/change.ts";

/** Where a version keeps when a door first saw it; a replay sees nothing by itself. */
const COLUMNS: Partial<Record<Door, SQL>> = {
  webhook: sql`webhook_at`,
  events: sql`events_at`,
  listing: sql`listing_at`,
};

/** The columns of a new version that its door fills, and their values; each after a comma. */
export function firstSeen(door: Door): { columns: SQL; values: SQL } {
  const column = COLUMNS[door];
  return column
    ? { columns: sql`, ${column}`, values: sql`, now()` }
    : { columns: sql``, values: sql`` };
}

/**
 * The part of a statement that notes this door's first sight of versions that others saw before:
 * `, late as (…)`, behind a `with` that has `seen` with the columns `fileId` and `versionId`. Writes
 * nothing where nothing is new. A row that somebody else writes at this moment is passed over: a
 * measure is not worth a wait, nor two transactions that wait for each other.
 */
export function noteLate(door: Door): SQL {
  const column = COLUMNS[door];
  if (!column) return sql``;
  return sql`,
      late as (
        update versions v set ${column} = now()
        from (
          select old.file_id, old.version_id from seen cross join lateral (
            select file_id, version_id from versions
            where file_id = seen."fileId" and version_id = seen."versionId" and ${column} is null
            for no key update skip locked) old) unseen
        where v.file_id = unseen.file_id and v.version_id = unseen.version_id)`;
}
