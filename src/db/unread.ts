import { sql } from "drizzle-orm";
import type { FolderId } from "../core/ids.ts";
import { waysDown } from "./ancestry.ts";
import { type Queryable, rows } from "./open.ts";
import { type AskedSource, met, type Proof } from "./source-proof.ts";

/** What is to be read at Box before anybody can say what a source lacks. */
export interface Unread {
  /** Files that Box told of, or whose past versions a backfill asks for, and that could not be read or were not yet. */
  files: number;
  /**
   * Folders that Box told of and that are to be listed; the source's own while a backfill or the walk of a gap is
   * due, or was given up and no sweep can do its work.
   */
  folders: number;
}

/**
 * How much is unread that lies in a source, as far as is known. What is looked at as a precaution does not count until
 * it was given up, nor what lies where nobody knows: an enterprise tells of much that no source has to do with.
 */
export async function countUnread(
  db: Queryable,
  source: AskedSource,
  proof: Proof | undefined,
): Promise<Unread> {
  const { accountId, folderId, sourceId } = source;
  const checks = await rows<{ own: boolean; folder: FolderId | null; count: number }>(
    db,
    sql`
      with unread as (
        select exists (select from objects o
            where o.source_id = ${sourceId}::uuid and o.file_id = c.file_id) as own,
          coalesce(f.parent_id, c.parent_id) as folder
        from checks c left join files f on f.account_id = c.account_id and f.file_id = c.file_id
        where c.account_id = ${accountId}::uuid
          and (c.state = 'due' and not c.precaution or c.state = 'given_up' and ${met(proof)}))
      select own, case when not own then folder end as folder, count(*)::int as count
      from unread group by 1, 2`,
  );
  const walks = await rows<{ folder: FolderId; own: boolean }>(
    db,
    sql`
      select folder_id as folder, false as own from walks
      where source_id is null and state = 'due' and account_id = ${accountId}::uuid and ${UNANSWERED}
      union all
      select folder_id, false from walks
      where source_id is null and state = 'given_up' and account_id = ${accountId}::uuid
      union all
      select w.folder_id, true from walks w join sources s on s.id = w.source_id
      where w.source_id = ${sourceId}::uuid and w.kind in ('backfill', 'gap') and (w.state = 'due'
        or w.state = 'given_up' and (w.kind = 'gap' or s.history = 'all'))`,
  );
  const folders = [...checks, ...walks].flatMap(({ own, folder }) => (own ? [] : (folder ?? [])));
  const ways = await waysDown(db, accountId, [...new Set([folderId, ...folders])]);
  const liesIn = (above: FolderId, below: FolderId | null) =>
    below !== null && ways.get(below)?.some((folder) => folder.folderId === above) === true;
  return {
    files: checks
      .filter(({ own, folder }) => own || liesIn(folderId, folder))
      .reduce((sum, { count }) => sum + count, 0),
    folders: walks.filter(
      ({ own, folder }) => own || liesIn(folderId, folder) || liesIn(folder, folderId),
    ).length,
  };
}

/** Of a signal's walk: not one of the later rounds, which look at what was listed once more. */
const UNANSWERED = sql`(finished_at is null or asked <> answering or started
  or leased_by is not null or attempts > 0)`;
