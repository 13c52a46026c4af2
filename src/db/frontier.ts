import { sql } from "drizzle-orm";
import type { FolderId } from "../core/ids.ts";
import { type Queryable, rows, texts, toJson } from "./open.ts";
import { keptTurn, TURNS_TAKEN } from "./queue-turns.ts";
import type { LeasedWalk } from "./walks.ts";

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

/** What the pages of a listing were counted as. */
export interface Counted {
  files: number;
  bytes: number;
  /** Of the files, those that the walk's source wants. */
  matched: number;
  matchedBytes: number;
  /** Files that it does not want, by the rule that excluded them. */
  skipped: Partial<Record<string, number>>;
}

export interface OpenFolder {
  folderId: FolderId;
  marker: string | undefined;
  /** Of its pages up to the marker. */
  counted?: Counted | undefined;
  /** Box did not show it when it was to be listed before. */
  wasUnseen?: boolean;
}

/**
 * Folders that the walk has still to list, without those that are `busy`; those that were begun come
 * first, their markers are perishable. One that Box did not show is left out until the walk has been
 * put off since.
 */
export async function openFolders(
  db: Queryable,
  walk: Pick<LeasedWalk, "id">,
  busy: readonly FolderId[],
  limit: number,
): Promise<OpenFolder[]> {
  const found = await rows<{
    folderId: FolderId;
    marker: string | null;
    counted: Counted | null;
    wasUnseen: boolean;
  }>(
    db,
    sql`
      select f.folder_id as "folderId", f.marker, f.counted, f.unseen_at is not null as "wasUnseen"
      from walk_folders f join walks w on w.id = f.walk_id
      where f.walk_id = ${walk.id}::bigint and not f.listed and f.folder_id <> all(${texts(busy)})
        and (f.unseen_at is null or f.unseen_at < w.due_at)
      order by f.marker is null limit ${limit}::int`,
  );
  return found.map(({ marker, counted, ...folder }) => {
    return { ...folder, marker: marker ?? undefined, counted: counted ?? undefined };
  });
}

/** What one page brought. */
export interface WalkStep extends Counted {
  folder: OpenFolder;
  /** Where to go on in this folder; undefined when it was listed to its end. */
  nextMarker: string | undefined;
  subfolders: readonly FolderId[];
  /** Of the objects, those that it was not owed before. */
  missing: number;
  /** The queue's turn of the first of the missing; undefined leaves the walk's turn. */
  turn: number | undefined;
  /** Failures before it are forgotten. */
  isProgress: boolean;
}

/** Adds to what a walk has counted. */
const counting = ({ files, bytes, matched, matchedBytes, skipped }: Counted) => sql`
  listed_files = listed_files + ${files}::bigint, listed_bytes = listed_bytes + ${bytes}::bigint,
  matched = matched + ${matched}::bigint, matched_bytes = matched_bytes + ${matchedBytes}::bigint,
  skipped = skipped || (
    select coalesce(jsonb_object_agg(rule, coalesce((skipped->>rule)::bigint, 0) + more), '{}')
    from jsonb_each_text(${toJson(skipped)}::jsonb) as page(rule, count),
      lateral (select count::bigint as more) as counted)`;

/**
 * Moves the frontier by one page, with the caller's records in the same transaction, and answers the
 * folder as it goes on. Undefined when the lease was lost meanwhile: then the caller must roll back.
 */
export async function advanceWalk(
  db: Queryable,
  worker: string,
  walk: LeasedWalk,
  step: WalkStep,
): Promise<OpenFolder | undefined> {
  const { folder, nextMarker } = step;
  const moved = await rows(
    db,
    sql`
      update walks set ${counting(step)},
        listed_folders = listed_folders + ${nextMarker === undefined ? 1 : 0}::int,
        turn = ${step.turn === undefined ? sql`turn` : keptTurn(step.turn)},
        missing = missing + ${step.missing}::int,
        attempts = case when ${step.isProgress}::boolean then 0 else attempts end
      where id = ${walk.id}::bigint and lease = ${walk.lease}::int
        and leased_by = ${worker}::uuid
      returning id`,
  );
  if (moved.length === 0) return undefined;
  const counted = sumOf(folder.counted, step);
  await db.execute(sql`
    update walk_folders set marker = ${nextMarker ?? null}, listed = ${nextMarker === undefined},
      counted = ${toJson(counted)}::jsonb, unseen_at = null
    where walk_id = ${walk.id}::bigint and folder_id = ${folder.folderId}`);
  if (step.subfolders.length > 0)
    await db.execute(sql`
      insert into walk_folders (walk_id, folder_id)
      select ${walk.id}::bigint, unnest(${texts(step.subfolders)}) on conflict do nothing`);
  return { folderId: folder.folderId, marker: nextMarker, counted };
}

function sumOf(before: Counted | undefined, page: Counted): Counted {
  const skipped = { ...before?.skipped };
  for (const [rule, count = 0] of Object.entries(page.skipped))
    skipped[rule] = (skipped[rule] ?? 0) + count;
  return {
    files: (before?.files ?? 0) + page.files,
    bytes: (before?.bytes ?? 0) + page.bytes,
    matched: (before?.matched ?? 0) + page.matched,
    matchedBytes: (before?.matchedBytes ?? 0) + page.matchedBytes,
    skipped,
  };
}

/**
 * Forgets a folder's marker, since Box does: the folder is listed from its beginning again, and what was
 * counted of it is counted anew. What was found missing was so. False when the lease was lost.
 */
export async function restartFolder(
  db: Queryable,
  worker: string,
  walk: LeasedWalk,
  { folderId, counted = NOTHING }: OpenFolder,
): Promise<boolean> {
  const less = {
    files: -counted.files,
    bytes: -counted.bytes,
    matched: -counted.matched,
    matchedBytes: -counted.matchedBytes,
    skipped: Object.fromEntries(
      Object.entries(counted.skipped).map(([rule, count = 0]) => [rule, -count]),
    ),
  };
  const restarted = await rows(
    db,
    sql`
      with held as (
        update walks set ${counting(less)}
        where id = ${walk.id}::bigint and lease = ${walk.lease}::int and leased_by = ${worker}::uuid
        returning id)
      update walk_folders f set marker = null, counted = null from held
      where f.walk_id = held.id and f.folder_id = ${folderId} returning f.folder_id`,
  );
  return restarted.length > 0;
}

const NOTHING: Counted = { files: 0, bytes: 0, matched: 0, matchedBytes: 0, skipped: {} };

/** Leaves a folder that Box does not show for later: it is no end of a listing until it was asked for again. */
export async function leaveUnseen(db: Queryable, walk: LeasedWalk, folder: FolderId) {
  await db.execute(sql`
    update walk_folders set unseen_at = now()
    where walk_id = ${walk.id}::bigint and folder_id = ${folder}`);
}

/** True while the walk has folders to list, if only such as Box did not show. */
export async function hasOpenFolders(db: Queryable, walk: LeasedWalk): Promise<boolean> {
  const found = await rows(
    db,
    sql`select 1 from walk_folders where walk_id = ${walk.id}::bigint and not listed limit 1`,
  );
  return found.length > 0;
}
