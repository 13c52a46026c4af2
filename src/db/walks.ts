import { sql } from "drizzle-orm";
import type { Door } from "../core/change.ts";
import type { AccountId, FolderId, SourceId } from "../core/ids.ts";
import { type Queryable, rows, texts, toJson } from "./open.ts";
import { keptTurn, TURNS_TAKEN } from "./queue-turns.ts";

export interface LeasedWalk {
  id: number;
  lease: number;
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
  /** Box's time of the earliest signal that it answers; null for a walk of a source. */
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
      returning w.id::text as id, w.lease, w.attempts, w.rounds_left as "roundsLeft",
        w.started, w.recursive, w.kind, w.reason, w.door, w.account_id as "accountId", w.source_id as "sourceId",
        (select s.history from sources s where s.id = w.source_id) as history,
        (select to_json(s.created_at)#>>'{}' from sources s where s.id = w.source_id) as since,
        to_json(w.signalled_at)#>>'{}' as "signalledAt",
        w.folder_id as "folderId"`,
  );
  return row && { ...row, id: Number(row.id) };
}

/**
 * Begins a walk, or begins it over: its frontier is its own folder and nothing is counted yet. False
 * when the lease was lost meanwhile: then nothing is written.
 */
export async function layFrontier(db: Queryable, worker: string, walk: LeasedWalk) {
  const begun = await rows(
    db,
    sql`
      update walks set started = true, listed_files = 0, listed_folders = 0, listed_bytes = 0,
        matched = 0, matched_bytes = 0, missing = 0, skipped = '{}',
        turn = ${TURNS_TAKEN}
      where id = ${walk.id}::bigint and lease = ${walk.lease}::int and leased_by = ${worker}::uuid
      returning id`,
  );
  if (begun.length === 0) return false;
  await db.execute(sql`delete from walk_folders where walk_id = ${walk.id}::bigint`);
  await db.execute(sql`
    insert into walk_folders (walk_id, folder_id) values (${walk.id}::bigint, ${walk.folderId})`);
  return true;
}

export interface OpenFolder {
  folderId: FolderId;
  marker: string | undefined;
}

/**
 * Folders that the walk has still to list, without those that are `busy`; those that were begun come
 * first, their markers are perishable.
 */
export async function openFolders(
  db: Queryable,
  walk: Pick<LeasedWalk, "id">,
  busy: readonly FolderId[],
  limit: number,
): Promise<OpenFolder[]> {
  const found = await rows<{ folderId: FolderId; marker: string | null }>(
    db,
    sql`
      select folder_id as "folderId", marker from walk_folders
      where walk_id = ${walk.id}::bigint and not listed and folder_id <> all(${texts(busy)})
      order by marker is null limit ${limit}::int`,
  );
  return found.map(({ folderId, marker }) => ({ folderId, marker: marker ?? undefined }));
}

/** What one page brought. */
export interface WalkStep {
  folder: OpenFolder;
  /** Where to go on in this folder; undefined when it was listed to its end. */
  nextMarker: string | undefined;
  subfolders: readonly FolderId[];
  files: number;
  bytes: number;
  /** Of the files, those that the walk's source wants. */
  matched: number;
  matchedBytes: number;
  /** Of the objects, those that it was not owed before. */
  missing: number;
  /** Files that it does not want, by the rule that excluded them. */
  skipped: Partial<Record<string, number>>;
  /** The queue's turn of the first of the missing; undefined leaves the walk's turn. */
  turn: number | undefined;
  /** Failures before it are forgotten. */
  isProgress: boolean;
}

/**
 * Moves the frontier by one page, with the caller's records in the same transaction. False when
 * the lease was lost meanwhile: then the caller must roll back.
 */
export async function advanceWalk(db: Queryable, worker: string, walk: LeasedWalk, step: WalkStep) {
  const { folder, nextMarker } = step;
  const counted = await rows(
    db,
    sql`
      update walks set listed_files = listed_files + ${step.files}::int,
        listed_bytes = listed_bytes + ${step.bytes}::bigint,
        listed_folders = listed_folders + ${nextMarker === undefined ? 1 : 0}::int,
        matched = matched + ${step.matched}::int,
        matched_bytes = matched_bytes + ${step.matchedBytes}::bigint,
        turn = ${step.turn === undefined ? sql`turn` : keptTurn(step.turn)},
        missing = missing + ${step.missing}::int,
        skipped = skipped || (
          select coalesce(jsonb_object_agg(rule, coalesce((skipped->>rule)::bigint, 0) + more), '{}')
          from jsonb_each_text(${toJson(step.skipped)}::jsonb) as page(rule, count),
            lateral (select count::bigint as more) as counted),
        attempts = case when ${step.isProgress}::boolean then 0 else attempts end
      where id = ${walk.id}::bigint and lease = ${walk.lease}::int
        and leased_by = ${worker}::uuid
      returning id`,
  );
  if (counted.length === 0) return false;
  await db.execute(sql`
    update walk_folders set marker = ${nextMarker ?? null}, listed = ${nextMarker === undefined}
    where walk_id = ${walk.id}::bigint and folder_id = ${folder.folderId}`);
  if (step.subfolders.length > 0)
    await db.execute(sql`
      insert into walk_folders (walk_id, folder_id)
      select ${walk.id}::bigint, unnest(${texts(step.subfolders)}) on conflict do nothing`);
  return true;
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

/** Forgets a folder's marker, since Box does: the folder is listed from its beginning again. */
export async function restartFolder(db: Queryable, walk: LeasedWalk, folder: FolderId) {
  await db.execute(sql`
    update walk_folders set marker = null
    where walk_id = ${walk.id}::bigint and folder_id = ${folder}`);
}

/** Ends the lease of a walk that is not at its end, for another worker or a later turn. */
export async function pauseWalk(db: Queryable, worker: string, walk: LeasedWalk): Promise<void> {
  await db.execute(sql`
    update walks set leased_by = null
    where id = ${walk.id}::bigint and lease = ${walk.lease}::int and leased_by = ${worker}::uuid`);
}

/**
 * Ends a walk that listed everything. It is due again, and says when, if it was asked meanwhile or
 * has a later round to go; `laterMs` says how long the next round waits.
 */
export async function finishWalk(
  db: Queryable,
  worker: string,
  walk: LeasedWalk,
  laterMs: number,
): Promise<Date | undefined> {
  const [row] = await rows<{ state: string; dueAt: string }>(
    db,
    sql`
      update walks set leased_by = null, started = false, attempts = 0, failure = null,
        failure_reason = null, hint = null, failed_at = null, finished_at = now(),
        state = case when asked = answering and rounds_left = 0 then 'done' else 'due' end,
        due_at = case when asked <> answering then now()
          else now() + ${laterMs}::int * interval '1 ms' end,
        rounds_left = case when asked = answering
          then greatest(0, rounds_left - 1) else rounds_left end
      where id = ${walk.id}::bigint and lease = ${walk.lease}::int and leased_by = ${worker}::uuid
      returning state, due_at as "dueAt"`,
  );
  if (!row) return undefined;
  await db.execute(sql`delete from walk_folders where walk_id = ${walk.id}::bigint`);
  return row.state === "due" ? new Date(row.dueAt) : undefined;
}
