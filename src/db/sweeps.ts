import { sql } from "drizzle-orm";
import type { AccountId, FolderId, SourceId } from "../core/ids.ts";
import { type Queryable, rows } from "./open.ts";

export interface SweptSource {
  id: SourceId;
  accountId: AccountId;
  folderId: FolderId;
}

/**
 * Of each account the active source that was listed in full longest ago, if that is so long ago; none
 * of an account that a sweep is under way of, so that sweeps of many sources follow one another. A
 * source that is being listed in full anyway is passed over.
 */
export async function sourcesToSweep(db: Queryable, everyMs: number): Promise<SweptSource[]> {
  return rows(
    db,
    sql`
      select distinct on (s.account_id) s.id, s.account_id as "accountId",
        s.folder_id as "folderId"
      from sources s join accounts a on a.id = s.account_id and a.state = 'linked'
      cross join lateral (
        select max(coalesce(w.finished_at, w.created_at)) as at, bool_or(w.state = 'due') as due
        from walks w where w.source_id = s.id) as listed
      where s.state = 'active' and not listed.due
        and listed.at < now() - ${everyMs}::float8 * interval '1 ms'
        and not exists (select from walks w
          where w.account_id = s.account_id and w.kind = 'sweep' and w.state = 'due')
      order by s.account_id, listed.at`,
  );
}

/** Writes a sweep of a source and answers its walk; undefined while one is under way, and once it is deleted. */
export async function addSweep(
  db: Queryable,
  { id, accountId, folderId }: SweptSource,
  reason: string,
): Promise<number | undefined> {
  // Two that ask at once go one after the other.
  await db.execute(sql`select from sources where id = ${id}::uuid for update`);
  const [row] = await rows<{ id: string }>(
    db,
    sql`
      insert into walks (kind, account_id, source_id, folder_id, recursive, reason, door)
      select 'sweep', ${accountId}::uuid, ${id}::uuid, ${folderId}, s.subfolders, ${reason}, 'listing'
      from sources s where s.id = ${id}::uuid and s.state <> 'deleted' and not exists (select from walks
        where source_id = ${id}::uuid and kind = 'sweep' and state = 'due')
      returning id`,
  );
  return row && Number(row.id);
}

/** The sources of a folder, without those whose newest listing was given up because Box did not show it. */
export async function sourcesNotKnownAway(
  db: Queryable,
  { accountId, folderId }: Pick<SweptSource, "accountId" | "folderId">,
): Promise<SweptSource[]> {
  return rows(
    db,
    sql`
      select s.id, s.account_id as "accountId", s.folder_id as "folderId" from sources s
      where s.account_id = ${accountId}::uuid and s.folder_id = ${folderId} and s.state <> 'deleted'
        and not exists (select from walks w
          where w.id = (select max(id) from walks newest where newest.source_id = s.id)
            and w.state = 'given_up' and w.failure in ('not_found', 'forbidden'))
      order by s.id`,
  );
}

/** A source that can be swept. */
export async function sweptSource(db: Queryable, id: string): Promise<SweptSource | undefined> {
  const [row] = await rows<SweptSource>(
    db,
    sql`select id, account_id as "accountId", folder_id as "folderId" from sources
      where id = ${id}::uuid and state <> 'deleted'`,
  );
  return row;
}

export interface SweepRow {
  id: string;
  state: "running" | "done" | "failed";
  why: string;
  folders: number;
  listed: number;
  listedBytes: number;
  matched: number;
  matchedBytes: number;
  /** Of the matched, those that the lake did not owe yet, and how many of those it has by now. */
  missing: number;
  repaired: number;
  skipped: Record<string, number>;
  startedAt: string;
  finishedAt: string | null;
  reason: string | null;
  hint: string | null;
}

/** The sweeps of a source, newest first; `after` is the last one of the page before. */
export async function listSweeps(
  db: Queryable,
  source: string,
  { after, limit }: { after?: number | undefined; limit: number },
): Promise<SweepRow[]> {
  return rows(
    db,
    sql`
      select w.id::text as id, w.reason as why,
        case w.state when 'due' then 'running' when 'done' then 'done' else 'failed' end as state,
        w.listed_folders::float8 as folders, w.listed_files::float8 as listed,
        w.listed_bytes::float8 as "listedBytes", w.matched::float8 as matched,
        w.matched_bytes::float8 as "matchedBytes", w.missing::float8 as missing,
        (select count(*)::float8 from objects o
          where o.swept_by = w.id and o.state = 'stored') as repaired,
        w.skipped, w.failure_reason as reason, w.hint,
        to_json(w.created_at)#>>'{}' as "startedAt", to_json(w.finished_at)#>>'{}' as "finishedAt"
      from walks w
      where w.source_id = ${source}::uuid and w.kind = 'sweep'
        and w.id < coalesce(${after ?? null}::bigint, 9223372036854775807)
      order by w.id desc limit ${limit}::int`,
  );
}
