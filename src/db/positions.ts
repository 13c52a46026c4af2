import { sql } from "drizzle-orm";
import type { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import type { EventStream } from "../core/streams.ts";
import { type Queryable, records, rows } from "./open.ts";

export interface LeasedPosition {
  accountId: AccountId;
  stream: EventStream;
  position: string;
  /** When it was last read to its end. */
  readAt: Date;
  lease: number;
  attempts: number;
}

/**
 * True when the stream was read before: its position stands, and nothing may replace it. An
 * enterprise's stream has one position, whichever of its accounts holds it.
 */
export async function hasPosition(db: Queryable, account: AccountId, stream: EventStream) {
  const found = await rows(
    db,
    sql`
      select 1 as yes from positions p join accounts holder on holder.id = p.account_id
      join accounts a on a.id = ${account}::uuid
      where p.stream = ${stream} and (p.account_id = a.id or (${stream} = 'admin_logs_streaming'
        and holder.box_enterprise_id = a.box_enterprise_id))`,
  );
  return found.length > 0;
}

/** Takes a first position; one that stands already is kept. */
export async function takePosition(
  db: Queryable,
  account: AccountId,
  stream: EventStream,
  position: string,
) {
  await db.execute(sql`
    insert into positions (account_id, stream, position)
    values (${account}::uuid, ${stream}, ${position}) on conflict do nothing`);
}

/**
 * Leases a stream for one pass; undefined while another pass reads it, it has no position, or its
 * account is paused or deleted.
 */
export async function leasePosition(
  db: Queryable,
  worker: string,
  account: AccountId,
  stream: EventStream,
): Promise<LeasedPosition | undefined> {
  const [row] = await rows<Omit<LeasedPosition, "readAt"> & { readAt: string }>(
    db,
    sql`
      update positions set leased_by = ${worker}::uuid, lease = lease + 1
      where account_id = ${account}::uuid and stream = ${stream} and leased_by is null
        and exists (select from accounts a
          where a.id = account_id and a.state in ('linked', 'needs_relogin'))
      returning account_id as "accountId", stream, position, read_at as "readAt", lease, attempts`,
  );
  return row && { ...row, readAt: new Date(row.readAt) };
}

type Reading = Pick<LeasedPosition, "accountId" | "stream">;

/** One stream of one account, as text. */
export const positionKey = ({ accountId, stream }: Reading) => `${accountId} ${stream}`;

/** The positions that a worker has leased. */
export async function leasedPositions(db: Queryable, worker: string) {
  return rows<Pick<LeasedPosition, "accountId" | "stream" | "lease">>(
    db,
    sql`
      select account_id as "accountId", stream, lease from positions
      where leased_by = ${worker}::uuid`,
  );
}

/**
 * Ends leases of a living worker that no pass of its own works under: those whose end it could not write
 * because the database was away. One that was taken anew since they were asked for stands.
 */
export async function dropStrayPositions(
  db: Queryable,
  worker: string,
  strays: readonly Pick<LeasedPosition, "accountId" | "stream" | "lease">[],
): Promise<void> {
  if (strays.length === 0) return;
  await db.execute(sql`
    update positions p set leased_by = null
    from json_to_recordset(${records(strays)}) as stray("accountId" uuid, stream text, lease int)
    where p.account_id = stray."accountId" and p.stream = stray.stream
      and p.lease = stray.lease and p.leased_by = ${worker}::uuid`);
}

const mine = (worker: string, held: LeasedPosition) => sql`
  account_id = ${held.accountId}::uuid and stream = ${held.stream}
  and lease = ${held.lease}::int and leased_by = ${worker}::uuid`;

/**
 * Moves the position, with the page's records in the same transaction; without a new one it stays.
 * `isProven` says that whatever was before is looked for in another way: the stream counts as read.
 * False: the lease was lost, and the caller must roll back.
 */
export async function movePosition(
  db: Queryable,
  worker: string,
  held: LeasedPosition,
  to: string | undefined,
  isProven = false,
) {
  const moved = await rows(
    db,
    sql`
      update positions set position = coalesce(${to ?? null}, position),
        read_at = case when ${isProven}::boolean then now() else read_at end
      where ${mine(worker, held)} returning stream`,
  );
  return moved.length > 0;
}

/** Ends a pass that read the stream to its end. */
export async function finishPass(
  db: Queryable,
  worker: string,
  held: LeasedPosition,
): Promise<void> {
  await db.execute(sql`
    update positions set leased_by = null, read_at = now(), attempts = 0, failure = null,
      failure_reason = null, hint = null, failed_at = null
    where ${mine(worker, held)}`);
}

/** Ends a pass that our own shutdown stopped: neither a success nor a failure. */
export async function releasePosition(
  db: Queryable,
  worker: string,
  held: LeasedPosition,
): Promise<void> {
  await db.execute(sql`update positions set leased_by = null where ${mine(worker, held)}`);
}

/** Ends a pass that failed: the position stays where the last whole page put it. */
export async function failPass(
  db: Queryable,
  worker: string,
  held: LeasedPosition,
  failure: Failure,
) {
  await db.execute(sql`
    update positions set leased_by = null, attempts = attempts + 1, failure = ${failure.kind},
      failure_reason = ${failure.message}, hint = ${failure.hint ?? null}, failed_at = now()
    where ${mine(worker, held)}`);
}
