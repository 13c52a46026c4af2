import { type SQL, sql } from "drizzle-orm";
import type { Door, ToldVersions } from "../core/change.ts";
import type { AccountId, FileId, FolderId, SourceId, VersionId } from "../core/ids.ts";
import { type Queryable, records, rows, texts } from "./open.ts";

export interface OwedObject {
  sourceId: SourceId;
  fileId: FileId;
  versionId: VersionId;
  name: string;
  path: string;
  /** What the source's path template read from the path, and why it does not fit. */
  pathFields: Record<string, string> | undefined;
  misfit: string | undefined;
}

/** A sweep of a source: what it finds missing there, no door had noticed. */
export interface Sweep {
  walkId: number;
  sourceId: SourceId;
}

/**
 * Writes what the lake owes and answers the ids of what it did not owe before, or not any more: what was
 * withdrawn because no source wanted its file as it lay or was called then is owed again by whoever
 * sees it where it is wanted. A source that is being deleted is waited for, and owed nothing.
 */
export async function oweObjects(
  db: Queryable,
  owed: OwedObject[],
  { door, priority, sweep }: { door: Door; priority: number; sweep: Sweep | undefined },
): Promise<number[]> {
  if (owed.length === 0) return [];
  const sources = [...new Set(owed.map(({ sourceId }) => sourceId))];
  // Side by side, all in one order: else two could wait for each other.
  const added = await rows<{ id: string }>(
    db,
    sql`
      with kept as (
        select id from sources
        where id = any(${texts(sources)}::uuid[]) and state <> 'deleted'
        order by id for share)
      insert into objects as o (source_id, file_id, version_id, name, path, path_fields, misfit, door,
        priority, swept_by)
      select "sourceId", "fileId", "versionId", name, path, "pathFields", misfit, ${door}, ${priority}::smallint,
        case when "sourceId" = ${sweep?.sourceId ?? null}::uuid
          then ${sweep?.walkId ?? null}::bigint end
      from json_to_recordset(${records(owed)}) as owed("sourceId" uuid, "fileId" text,
        "versionId" text, name text, path text, "pathFields" jsonb, misfit text)
      join kept on kept.id = "sourceId"
      order by name collate "C"
      on conflict (source_id, file_id, version_id) do update set
        state = 'pending', attempts = 0, due_at = now(), priority = excluded.priority,
        swept_by = coalesce(excluded.swept_by, o.swept_by)
        where o.state = 'withdrawn'
      returning id`,
  );
  return added.map(({ id }) => Number(id));
}

/**
 * Owes the chosen objects no more, and notes since when. One that is stored stays so, also while it waits to be looked at
 * again because somebody replayed it. Whoever works on one of them loses the lease.
 */
export async function withdrawObjects(db: Queryable, chosen: SQL): Promise<void> {
  await db.execute(sql`
    update objects set leased_by = null, due_at = now(),
      state = case when state = 'pending' and generation is not null
        then 'stored' else 'withdrawn' end
    where id in (
      select id from objects where state in ('pending', 'waiting', 'given_up') and ${chosen}
      order by id for update)`);
}

export interface AskedCheck {
  fileId: FileId;
  reason: string;
  dueAt: Date;
  /** The folder that it was named in. */
  parentId?: FolderId | undefined;
  /** What its findings are put down to; the door that asks unless said. */
  door?: Door;
  /** Versions that it is asked for; those of earlier askings are kept. */
  told?: ToldVersions;
  /** Nobody told of it: it is looked at to be sure. */
  precaution?: boolean;
  /** Its place in the queue; 0, as news, unless said. */
  priority?: number;
}

/**
 * Asks for files to be looked at again: one row a file however often it is asked. Asked while it
 * runs, it runs again; asked after it was given up, it starts afresh; never later than before.
 */
export async function askChecks(
  db: Queryable,
  account: AccountId,
  asked: AskedCheck[],
  door: Door,
) {
  if (asked.length === 0) return [];
  const byFile = new Map(asked.map((one) => [one.fileId, one]));
  const sorted = [...byFile.values()].sort((a, b) => (a.fileId < b.fileId ? -1 : 1));
  const found = await rows<{ id: string; dueAt: string; priority: number }>(
    db,
    sql`
      insert into checks as known (account_id, file_id, parent_id, reason, door, due_at, priority,
        told, precaution)
      select ${account}::uuid, "fileId", "parentId", reason, coalesce(door, ${door}), "dueAt",
        coalesce(priority, 0), coalesce(told, '{}'), coalesce(precaution, false)
      from json_to_recordset(${records(sorted)})
        as asked("fileId" text, "parentId" text, reason text, door text, "dueAt" timestamptz, priority smallint,
          told jsonb, precaution boolean)
      on conflict (account_id, file_id) do update set
        asked = known.asked + 1,
        reason = excluded.reason,
        told = excluded.told || known.told,
        precaution = known.precaution and excluded.precaution,
        parent_id = coalesce(excluded.parent_id, known.parent_id),
        priority = least(known.priority, excluded.priority),
        attempts = case known.state when 'given_up' then 0 else known.attempts end,
        due_at = case known.state when 'given_up' then excluded.due_at
          else least(known.due_at, excluded.due_at) end,
        state = 'due'
      returning id, due_at as "dueAt", priority`,
  );
  return found.map(({ id, dueAt, priority }) => ({
    id: Number(id),
    dueAt: new Date(dueAt),
    priority,
  }));
}

export interface AskedWalk {
  folderId: FolderId;
  recursive: boolean;
  rounds: number;
  reason: string;
  /** Box's time of the signal. */
  signalledAt: Date;
}

/** Asks for folders to be listed: asked while a walk of it is due or runs, that one starts over. */
export async function askWalks(db: Queryable, account: AccountId, asked: AskedWalk[], door: Door) {
  if (asked.length === 0) return [];
  const byFolder = new Map<string, AskedWalk>();
  for (const one of asked) {
    const key = `${one.folderId} ${one.recursive}`;
    const known = byFolder.get(key);
    const rounds = Math.max(one.rounds, known?.rounds ?? 0);
    const signalledAt =
      known && known.signalledAt < one.signalledAt ? known.signalledAt : one.signalledAt;
    byFolder.set(key, { ...one, rounds, signalledAt });
  }
  const sorted = [...byFolder.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  const found = await rows<{ id: string }>(
    db,
    sql`
      insert into walks as known (kind, account_id, folder_id, recursive, rounds_left, reason, door,
        signalled_at)
      select 'signal', ${account}::uuid, "folderId", recursive, rounds, reason, ${door}, "signalledAt"
      from json_to_recordset(${records(sorted)}) as asked("folderId" text, recursive boolean,
        rounds int, reason text, "signalledAt" timestamptz)
      on conflict (account_id, folder_id, recursive) where source_id is null and state = 'due'
      do update set asked = known.asked + 1, due_at = now(), reason = excluded.reason,
        rounds_left = greatest(known.rounds_left, excluded.rounds_left),
        signalled_at = least(known.signalled_at, excluded.signalled_at)
      returning id`,
  );
  return found.map((row) => Number(row.id));
}
