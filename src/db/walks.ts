import { sql } from "drizzle-orm";
import type { Door } from "../core/change.ts";
import type { AccountId, FolderId, SourceId } from "../core/ids.ts";
import { type Queryable, rows } from "./open.ts";

export interface LeasedWalk {
  id: number;
  lease: number;
  /** By the database's clock. */
  leasedAt: string;
  attempts: number;
  roundsLeft: number;
  /** Its frontier is laid: it goes on, it does not begin. */
  started: boolean;
  recursive: boolean;
  kind: "signal" | "backfill" | "sweep" | "gap";
  reason: string;
  door: Door;
  accountId: AccountId;
  /** The source that it is of, and what that takes of each file; null for a signal's. */
  sourceId: SourceId | null;
  history: "current" | "all" | null;
  /** When that source was registered. */
  since: string | null;
  /** Box's time of the earliest signal that it answers, or when the gap began; null for other walks of a source. */
  signalledAt: string | null;
  folderId: FolderId;
}

/** Leases a walk that is due, free, of a linked account and, if it is of a source, of an active one. */
export async function leaseWalk(db: Queryable, worker: string, id: number) {
  const [row] = await rows<Omit<LeasedWalk, "id"> & { id: string }>(
    db,
    sql`
      update walks w set leased_by = ${worker}::uuid, lease = w.lease + 1,
        answering = case when w.started then w.answering else w.asked end
      from accounts a
      where w.id = ${id}::bigint and w.state = 'due' and w.due_at <= now() and w.leased_by is null
        and a.id = w.account_id and a.state = 'linked'
        and not exists (select from sources s where s.id = w.source_id and s.state <> 'active')
      returning w.id::text as id, w.lease, to_json(now())#>>'{}' as "leasedAt", w.attempts, w.rounds_left as "roundsLeft",
        w.started, w.recursive, w.kind, w.reason, w.door, w.account_id as "accountId", w.source_id as "sourceId",
        (select s.history from sources s where s.id = w.source_id) as history,
        (select to_json(s.created_at)#>>'{}' from sources s where s.id = w.source_id) as since,
        to_json(w.signalled_at)#>>'{}' as "signalledAt",
        w.folder_id as "folderId"`,
  );
  return row && { ...row, id: Number(row.id) };
}

/** The sources of an account that a backfill is under way of. */
export async function backfilled(db: Queryable, account: AccountId): Promise<Set<SourceId>> {
  const found = await rows<{ id: SourceId }>(
    db,
    sql`
      select source_id as id from walks
      where state = 'due' and kind = 'backfill' and account_id = ${account}::uuid`,
  );
  return new Set(found.map(({ id }) => id));
}

/** Ends the lease of a walk that is not at its end, for another worker or a later turn: then not before `dueAt`. */
export async function pauseWalk(
  db: Queryable,
  worker: string,
  walk: LeasedWalk,
  dueAt?: Date,
): Promise<void> {
  await db.execute(sql`
    update walks set leased_by = null, due_at = case when asked = answering
      then coalesce(${dueAt?.toISOString() ?? null}::timestamptz, due_at) else due_at end
    where id = ${walk.id}::bigint and lease = ${walk.lease}::int and leased_by = ${worker}::uuid`);
}

/**
 * Ends a walk that listed everything. It is due again, and says when, if it was asked meanwhile or
 * has a later round to go; `laterMs` says how long the next round waits, undefined that there need be none.
 */
export async function finishWalk(
  db: Queryable,
  worker: string,
  walk: LeasedWalk,
  laterMs: number | undefined,
): Promise<Date | undefined> {
  const isLast = laterMs === undefined;
  const [row] = await rows<{ state: string; dueAt: string }>(
    db,
    sql`
      update walks set leased_by = null, started = false, attempts = 0, failure = null,
        failure_reason = null, hint = null, failed_at = null, finished_at = now(),
        state = case when asked = answering and (${isLast}::boolean or rounds_left = 0)
          then 'done' else 'due' end,
        due_at = case when asked <> answering then now()
          else now() + ${laterMs ?? 0}::int * interval '1 ms' end,
        rounds_left = case when asked <> answering then rounds_left
          when ${isLast}::boolean then 0 else greatest(0, rounds_left - 1) end
      where id = ${walk.id}::bigint and lease = ${walk.lease}::int and leased_by = ${worker}::uuid
      returning state, due_at as "dueAt"`,
  );
  if (!row) return undefined;
  await db.execute(sql`delete from walk_folders where walk_id = ${walk.id}::bigint`);
  return row.state === "due" ? new Date(row.dueAt) : undefined;
}
