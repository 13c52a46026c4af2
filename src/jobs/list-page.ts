import type { BoxClient, ItemsPage } from "../box/client.ts";
import { type News, versionNews } from "../core/change.ts";
import { Failure } from "../core/failure.ts";
import type { FolderId } from "../core/ids.ts";
import { rememberFolders } from "../db/ancestry.ts";
import { nextTurn, timeOfTurn } from "../db/queue-turns.ts";
import { advanceWalk, leaveUnseen, type OpenFolder, restartFolder } from "../db/frontier.ts";
import { backfilled, type LeasedWalk } from "../db/walks.ts";
import { PRIORITY, type QueueOrder } from "../operations/enqueue.ts";
import { oweWhatCameBack } from "../operations/owe-gone.ts";
import { recordChanges } from "../operations/record-changes.ts";
import { askHistories } from "./ask-histories.ts";
import type { JobDeps } from "./task.ts";

type Deps = Pick<JobDeps, "db" | "worker" | "random" | "prefix">;

/**
 * Lists one page of a folder and keeps what it brought, with the walk's place, in one transaction.
 * Answers where to go on in the folder; undefined at its end, or where Box does not show it and it is left
 * for later. Throws `stopped`, having written nothing, when the lease of the walk was lost meanwhile.
 */
export async function listPage(
  deps: Deps,
  box: BoxClient,
  walk: LeasedWalk,
  folder: OpenFolder,
  signal: AbortSignal,
): Promise<OpenFolder | undefined> {
  const asOf = new Date();
  const page = await readPage(deps, box, walk, folder, signal);
  if (!page) return leaveUnseen(deps.db, walk, folder.folderId).then(() => undefined);
  const next = await keepPage(deps, walk, folder, page, asOf);
  if (isProgress(folder, page)) walk.attempts = 0;
  return next.marker === undefined ? undefined : next;
}

/** A first page proves nothing of its marker: a folder that cannot be paged is given up some day. */
const isProgress = (folder: OpenFolder, page: ItemsPage) =>
  folder.marker !== undefined || page.nextMarker === undefined;

/** Everything that follows from a page, and the walk's place behind it. */
function keepPage(
  { db, worker, random, prefix }: Deps,
  walk: LeasedWalk,
  folder: OpenFolder,
  page: ItemsPage,
  asOf: Date,
): Promise<OpenFolder> {
  const { accountId, kind, sourceId } = walk;
  const parentId = folder.folderId;
  const below = page.folders.map(({ folderId, name }) => ({ folderId, name, parentId, asOf }));
  return db.transaction(async (tx) => {
    await rememberFolders(tx, accountId, below);
    const turn = sourceId === null ? undefined : await nextTurn(tx, walk.id, PRIORITY.backfill);
    const queue = orderFrom(turn);
    const { tallies } = await recordChanges(tx, {
      accountId,
      door: "listing",
      prefix,
      queue,
      ...(kind === "sweep" && sourceId ? { sweep: { walkId: walk.id, sourceId } } : {}),
      ...(kind === "backfill" ? { backfilled: await backfilled(tx, accountId) } : {}),
      news: newsOf(page, parentId, asOf),
    });
    const tally = sourceId === null ? undefined : tallies.get(sourceId);
    const asking = tally ? [tally] : [...tallies.values()];
    await askHistories(tx, random, walk, page.files, asking, queue);
    await oweWhatCameBack(tx, accountId, shownOn(page));
    const moved = await advanceWalk(tx, worker, walk, {
      folder,
      nextMarker: page.nextMarker,
      subfolders: walk.recursive ? below.map(({ folderId }) => folderId) : [],
      files: page.files.length,
      bytes: page.files.reduce((sum, { version }) => sum + (version?.sizeBytes ?? 0), 0),
      matched: tally?.matched ?? 0,
      matchedBytes: tally?.matchedBytes ?? 0,
      missing: tally?.missing ?? 0,
      skipped: tally?.skipped ?? {},
      turn,
      isProgress: isProgress(folder, page),
    });
    if (!moved) throw lostLease();
    return moved;
  });
}

/** What a source's walk finds waits, each for a turn of its own; what a signal's finds is news. */
const orderFrom = (turn: number | undefined): QueueOrder =>
  turn === undefined
    ? { priority: PRIORITY.walk }
    : { priority: PRIORITY.backfill, runAt: (nth) => timeOfTurn(turn + nth) };

const shownOn = ({ files }: ItemsPage) =>
  files.flatMap(({ fileId, trashed, version }) =>
    version && !trashed ? [{ fileId, versionId: version.versionId }] : [],
  );

/**
 * A marker that Box forgot is a new start. A folder below that Box does not show, undefined, may come into
 * sight within the minute; asked for again later it is an end, while the source's own folder is there.
 */
async function readPage(
  deps: Deps,
  box: BoxClient,
  walk: LeasedWalk,
  folder: OpenFolder,
  signal: AbortSignal,
): Promise<ItemsPage | undefined> {
  try {
    return await box.folderItems(folder.folderId, folder.marker, signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === "not_found" && folder.folderId !== walk.folderId) {
      if (walk.sourceId !== null) await readRoot(box, walk, signal);
      return folder.wasUnseen ? EMPTY : undefined;
    }
    if (error.kind !== "invalid" || folder.marker === undefined) throw error;
    if (!(await restartFolder(deps.db, deps.worker, walk, folder))) throw lostLease();
    throw new Failure("transient", "Box forgot how far a folder was listed: it is listed anew");
  }
}

const EMPTY: ItemsPage = { files: [], folders: [], others: 0, nextMarker: undefined };

/** The folder that a walk is of. Of a source it must be there: what cannot be seen is not proved to be empty. */
export async function readRoot(box: BoxClient, walk: LeasedWalk, signal: AbortSignal) {
  const folder = await box.folder(walk.folderId, signal);
  if (folder && !folder.trashed) return folder;
  if (walk.sourceId === null) return undefined;
  throw new Failure("not_found", `Box does not show the source's folder ${walk.folderId}`, {
    hint: "Was it deleted, or the account's access to it taken away? Restore either; if it stays listed on the page Failures, Box did not tell of that: replay it there.",
  });
}

function newsOf(page: ItemsPage, parentId: FolderId, asOf: Date): News[] {
  return page.files.flatMap((file): News[] => {
    if (file.trashed) return [];
    const { version } = file;
    if (!version) {
      const reason = "its listing row is incomplete";
      return [{ change: { kind: "file", fileId: file.fileId, parentId, reason }, asOf }];
    }
    const mayHaveHistory = file.etag !== "0";
    const { fileId, name, etag, sequence } = file;
    const fact = { fileId, name, etag, sequence, parentId, ancestors: undefined };
    return [versionNews({ ...fact, versionId: version.versionId }, version, asOf, mayHaveHistory)];
  });
}

export const lostLease = () =>
  new Failure("stopped", "The lease of this walk was lost to another worker");
