import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Change, FolderFact, News, VersionFact } from "../../src/core/change.ts";
import {
  accountId,
  type AccountId,
  fileId,
  folderId,
  sourceId,
  versionId,
} from "../../src/core/ids.ts";
import { type Queryable, rows } from "../../src/db/open.ts";
import { accounts, sources } from "../../src/db/schema.ts";

/** A linked account, written as a row: Box was never asked. */
export async function seedAccount(
  db: Queryable,
  rest: Partial<typeof accounts.$inferInsert> = {},
): Promise<AccountId> {
  const id = randomUUID();
  await db.insert(accounts).values({
    id,
    name: `Account ${id}`,
    authKind: "developerToken",
    stream: "changes",
    boxUserId: "1",
    credentials: Buffer.from("sealed"),
    ...rest,
  });
  return accountId(id);
}

/** An active source of everything below a folder, without webhook and backfill. */
export async function seedSource(
  db: Queryable,
  account: AccountId,
  folder: string,
  rest: Partial<typeof sources.$inferInsert> = {},
) {
  const id = randomUUID();
  await db.insert(sources).values({
    id,
    accountId: account,
    name: `Source ${id}`,
    slug: `source-${id}`,
    folderId: folder,
    folderName: "Inbox",
    include: [],
    exclude: [],
    tags: [],
    metadata: {},
    ...rest,
  });
  return sourceId(id);
}

/** The way down to a folder: `way("0", "10 Inbox")`, top first. */
export const way = (...folders: string[]): FolderFact[] =>
  folders.map((folder) => {
    const [id = "", name = "All Files"] = folder.split(" ");
    return { folderId: folderId(id), name };
  });

export const INBOX = way("0", "10 Inbox");

export const sha1 = (digit: string) => digit.repeat(40);

export interface SeenVersion {
  fileId?: string;
  versionId?: string;
  name?: string;
  ancestors?: FolderFact[] | undefined;
  parentId?: string | undefined;
  etag?: string;
  mayHaveHistory?: boolean;
  fact?: Partial<VersionFact>;
  asOf?: Date;
}

export const NOON = new Date("2026-05-01T12:00:00Z");
export const after = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);

/** News of version 100 of file 1, `plate.csv` in the inbox, unless said otherwise. */
export function versionSeen(seen: SeenVersion = {}): News {
  const name = seen.name ?? "plate.csv";
  const ancestors = "ancestors" in seen ? seen.ancestors : INBOX;
  const parent = "parentId" in seen ? seen.parentId : ancestors?.at(-1)?.folderId;
  const change: Change = {
    kind: "version",
    file: {
      fileId: fileId(seen.fileId ?? "1"),
      name,
      parentId: parent === undefined ? undefined : folderId(parent),
      ancestors,
      etag: seen.etag ?? "0",
    },
    version: {
      versionId: versionId(seen.versionId ?? "100"),
      sha1: sha1("a"),
      sizeBytes: 3,
      name,
      uploadedBy: undefined,
      createdAt: NOON,
      contentCreatedAt: undefined,
      contentModifiedAt: undefined,
      ...seen.fact,
    },
    mayHaveHistory: seen.mayHaveHistory ?? false,
  };
  return { change, asOf: seen.asOf ?? NOON };
}

/** News that something happened to a file. */
export const fileTouched = (
  file: string,
  rest: { parentId?: string; versionId?: string; asOf?: Date } = {},
): News => ({
  change: {
    kind: "file",
    fileId: fileId(file),
    ...(rest.parentId ? { parentId: folderId(rest.parentId) } : {}),
    ...(rest.versionId ? { versionId: versionId(rest.versionId) } : {}),
    reason: "touched",
  },
  asOf: rest.asOf ?? NOON,
});

/** News that something happened to a folder; with its way down when `ancestors` says so. */
export const folderTouched = (
  folder: string,
  rest: {
    ancestors?: FolderFact[];
    name?: string;
    recursive?: boolean;
    repeat?: boolean;
    asOf?: Date;
  } = {},
): News => ({
  change: {
    kind: "folder",
    folderId: folderId(folder),
    ...(rest.ancestors
      ? {
          at: {
            name: rest.name ?? `Folder ${folder}`,
            parentId: rest.ancestors.at(-1)?.folderId,
            ancestors: rest.ancestors,
          },
        }
      : {}),
    recursive: rest.recursive ?? true,
    repeat: rest.repeat ?? false,
    reason: "touched",
  },
  asOf: rest.asOf ?? NOON,
});

/** Everything owed, in the order of its names: `<file>-<version> <path> <state>`. */
export async function owed(db: Queryable, source?: string): Promise<string[]> {
  const found = await rows<{ line: string }>(
    db,
    sql`
      select file_id || '-' || version_id || ' ' || path || ' ' || state as line from objects
      where ${source ?? null}::uuid is null or source_id = ${source ?? null}::uuid
      order by 1`,
  );
  return found.map((row) => row.line);
}

/** How many rows each of the tables holds that a change may write. */
export async function counts(db: Queryable) {
  const [row] = await rows<Record<string, number>>(
    db,
    sql`
      select (select count(*)::int from versions) as versions,
        (select count(*)::int from objects) as objects,
        (select count(*)::int from checks) as checks,
        (select count(*)::int from walks) as walks,
        (select count(*)::int from graphile_worker.jobs) as jobs`,
  );
  return row ?? {};
}

/** The queue's jobs by task, oldest first, with what they carry. */
export async function queuedJobs(db: Queryable) {
  return rows<{
    id: string;
    task: string;
    payload: Record<string, unknown>;
    priority: number;
    runAt: string;
  }>(
    db,
    sql`
      select j.id::text as id, t.identifier as task, j.payload, j.priority, j.run_at::text as "runAt"
      from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      order by j.id`,
  );
}

/** Empties what changes, jobs and workers wrote; accounts and sources stay. */
export async function wipe(db: Queryable): Promise<void> {
  await db.execute(sql`
    truncate objects, losses, versions, checks, walks, walk_folders, files, folders, deliveries, events,
      positions, workers, webhooks, replays restart identity cascade`);
  await db.execute(sql`delete from graphile_worker._private_jobs`);
}
