import { sql } from "drizzle-orm";
import type { AccountId, FolderId } from "../core/ids.ts";
import type { AccountStreams, EventStream, StreamReading } from "../core/streams.ts";
import { type Queryable, rows, texts } from "./open.ts";

type Row = Omit<AccountStreams, "enterpriseId" | "positions"> & {
  enterpriseId: string | null;
  positions: { stream: EventStream; readAt: string }[];
};

/** Every account that is not deleted or has a position left, with what decides its streams. */
export async function accountStreams(db: Queryable): Promise<AccountStreams[]> {
  const found = await rows<Row>(
    db,
    sql`
      select a.id as "accountId", a.box_enterprise_id as "enterpriseId", a.state, a.stream,
        exists (select from sources s where s.account_id = a.id and s.state <> 'deleted')
          as "hasSources",
        exists (select from sources s where s.account_id = a.id and s.state <> 'deleted'
          and s.is_external is distinct from false) as "hasForeign",
        coalesce((select json_agg(json_build_object('stream', p.stream, 'readAt', p.read_at))
          from positions p where p.account_id = a.id), '[]') as positions
      from accounts a
      where a.state <> 'deleted' or exists (select from positions p where p.account_id = a.id)
      order by a.created_at, a.id`,
  );
  return found.map(({ enterpriseId, positions, ...row }) => ({
    ...row,
    enterpriseId: enterpriseId ?? undefined,
    positions: positions.map(({ stream, readAt }) => ({ stream, readAt: new Date(readAt) })),
  }));
}

/** Forgets the position of a stream that is needed no more; one that is being read is left. */
export async function closeStream(
  db: Queryable,
  { accountId, stream }: StreamReading,
): Promise<void> {
  await db.execute(sql`
    delete from positions
    where account_id = ${accountId}::uuid and stream = ${stream} and leased_by is null`);
}

/**
 * Makes a position another account's, as it is. Whoever reads the stream just now has lost its lease and
 * moves nothing; its page is read again. False when somebody did so already.
 */
export async function handOver(
  db: Queryable,
  { stream, from, to }: { stream: EventStream; from: AccountId; to: AccountId },
): Promise<boolean> {
  const moved = await rows(
    db,
    sql`
      update positions set account_id = ${to}::uuid, leased_by = null, lease = lease + 1,
        attempts = 0, failure = null, failure_reason = null, hint = null, failed_at = null
      where account_id = ${from}::uuid and stream = ${stream} and not exists (
        select from positions p where p.account_id = ${to}::uuid and p.stream = ${stream})
      returning stream`,
  );
  return moved.length > 0;
}

/** The accounts that a stream is read for, with their sources: an enterprise's is read for all of its own. */
const served = ({ accountId, stream }: StreamReading) => sql`
  from accounts a join accounts reader on reader.id = ${accountId}::uuid
  join sources s on s.account_id = a.id and s.state <> 'deleted'
  where a.state <> 'deleted' and (a.id = reader.id
    or (${stream} = 'admin_logs_streaming' and a.stream = 'admin_logs_streaming'
      and a.box_enterprise_id = reader.box_enterprise_id))`;

/** The accounts whose sources what a stream tells may concern. */
export async function servedBy(db: Queryable, reading: StreamReading): Promise<AccountId[]> {
  const found = await rows<{ id: AccountId }>(
    db,
    sql`select distinct a.id ${served(reading)} order by a.id`,
  );
  return found.map(({ id }) => id);
}

export interface GapWalk {
  walkId: number;
  accountId: AccountId;
}

/**
 * Asks for a full walk of every source that only this stream tells of, or of those of certain Box users.
 * One that is due or was given up is asked again, one that runs starts over. `since` is when what was not
 * told began, if that is known.
 */
export async function askGapWalks(
  db: Queryable,
  reading: StreamReading,
  reason: string,
  of: { users?: readonly string[] | undefined; since?: Date | undefined },
): Promise<GapWalk[]> {
  const { users, since } = of;
  const signalledAt = sql`${since?.toISOString() ?? null}::timestamptz`;
  const found = await rows<{ walkId: string; accountId: AccountId }>(
    db,
    sql`
      with affected as (
        select s.id, s.account_id, s.folder_id, s.subfolders ${served(reading)}
          and (${reading.stream} = a.stream or s.is_external is distinct from false)
          ${users ? sql`and a.box_user_id = any(${texts(users)})` : sql``}
          order by s.id for share of s),
      again as (
        update walks w set asked = asked + 1, state = 'due', due_at = now(), attempts = 0,
          reason = ${reason}, recursive = affected.subfolders,
          signalled_at = least(w.signalled_at, ${signalledAt})
        from affected where w.source_id = affected.id and w.kind = 'gap'
          and w.state in ('due', 'given_up')
        returning w.id, w.account_id, w.source_id),
      fresh as (
        insert into walks (kind, account_id, source_id, folder_id, recursive, reason, door,
          signalled_at)
        select 'gap', account_id, id, folder_id, subfolders, ${reason}, 'listing', ${signalledAt}
        from affected
        where id not in (select source_id from again)
        returning id, account_id)
      select id::text as "walkId", account_id as "accountId" from again
      union all select id::text, account_id from fresh`,
  );
  return found.map(({ walkId, accountId }) => ({ walkId: Number(walkId), accountId }));
}

/** The subjects of open gap incidents whose walks have all come to their end. */
export async function provenGaps(db: Queryable): Promise<string[]> {
  const found = await rows<{ subject: string }>(
    db,
    sql`
      select i.subject from incidents i
      where i.kind = 'gap_reproved' and i.closed_at is null and not exists (
        select from sources s join walks w on w.source_id = s.id
        where s.account_id = i.account_id and w.kind = 'gap' and w.state in ('due', 'given_up'))`,
  );
  return found.map(({ subject }) => subject);
}

/** Since when what an open gap incident is about was not read. */
export async function openGapSince(db: Queryable, subject: string): Promise<Date | undefined> {
  const [row] = await rows<{ since: string | null }>(
    db,
    sql`
      select details ->> 'since' as since from incidents
      where kind = 'gap_reproved' and subject = ${subject} and closed_at is null`,
  );
  return row?.since ? new Date(row.since) : undefined;
}

/** The folders of an account's sources of which nobody has said whose they are. */
export async function foldersOfUnknownOwner(db: Queryable, account: AccountId) {
  const found = await rows<{ folderId: FolderId }>(
    db,
    sql`
      select distinct folder_id as "folderId" from sources
      where account_id = ${account}::uuid and state <> 'deleted' and is_external is null`,
  );
  return found.map(({ folderId }) => folderId);
}

/** Notes what Box says of whose a folder is; `undefined`, or what is known, changes nothing. */
export async function noteOwnership(
  db: Queryable,
  account: AccountId,
  folder: { folderId: FolderId; isExternal?: boolean | undefined },
): Promise<void> {
  if (folder.isExternal === undefined) return;
  await db.execute(sql`
    update sources set is_external = ${folder.isExternal} where id in (
      select id from sources
      where account_id = ${account}::uuid and folder_id = ${folder.folderId}
        and is_external is distinct from ${folder.isExternal}
      order by id for no key update)`);
}
