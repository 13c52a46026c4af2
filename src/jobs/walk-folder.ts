import type { BoxClient, ItemsPage } from "../box/client.ts";
import type { News } from "../core/change.ts";
import { Failure } from "../core/failure.ts";
import type { FolderId } from "../core/ids.ts";
import type { Turn } from "../core/purse.ts";
import { LATER_ROUNDS_MS } from "../core/retry.ts";
import { rememberFolders } from "../db/ancestry.ts";
import { liveSources } from "../db/masks.ts";
import { noteOwnership } from "../db/streams.ts";
import {
  advanceWalk,
  finishWalk,
  layFrontier,
  type LeasedWalk,
  leaseWalk,
  nextFolder,
  type OpenFolder,
  pauseWalk,
  restartFolder,
} from "../db/walks.ts";
import { folderWasSeen } from "../db/webhooks.ts";
import { enqueue, PRIORITY } from "../operations/enqueue.ts";
import { recordChanges, versionNews } from "../operations/record-changes.ts";
import { settleFailure } from "./set-back.ts";
import type { Handler, JobDeps } from "./task.ts";

type Deps = Pick<JobDeps, "db" | "boxes" | "worker" | "held" | "log" | "random" | "prefix">;

/** A turn ends after so long, so that walks of several sources take turns on few workers. */
const TURN_MS = 20_000;

/**
 * Lists a folder tree page by page. Each page's records, the folders found in it and the place to
 * go on from are saved in one transaction: killed anywhere, the walk goes on from the last page.
 * Pages seen twice change nothing.
 */
export function createWalkFolder(deps: Deps): Handler<"walk_folder"> {
  return ({ walkId }, signal) =>
    deps.held.during("walks", walkId, async () => {
      const walk = await leaseWalk(deps.db, deps.worker, walkId);
      if (!walk) return { outcome: "idle" };
      try {
        return await takeTurn(deps, walk, signal);
      } catch (error) {
        return settleFailure(deps, "walks", walk, error, signal);
      }
    });
}

async function takeTurn(deps: Deps, walk: LeasedWalk, signal: AbortSignal) {
  const fields = { "folder.id": walk.folderId, "account.id": walk.accountId };
  const box = await deps.boxes.of(walk.accountId, turnOf(walk));
  const wanted = walk.started || (await begin(deps, box, walk, signal));
  const endAt = Date.now() + TURN_MS;
  for (;;) {
    const folder = wanted ? await nextFolder(deps.db, walk) : undefined;
    if (!folder) {
      await end(deps, walk);
      return { outcome: "done" as const, note: wanted ? "Listed" : "Outside every source", fields };
    }
    if (Date.now() > endAt) {
      await deps.db.transaction(async (tx) => {
        await pauseWalk(tx, deps.worker, walk);
        await enqueue(tx, [wakeUp(walk)]);
      });
      return { outcome: "continued" as const, note: "Listed a part of", fields };
    }
    await listPage(deps, box, walk, folder, signal);
  }
}

/** Reads where the folder lies now. False when nothing below it can belong to a source. */
async function begin(deps: Deps, box: BoxClient, walk: LeasedWalk, signal: AbortSignal) {
  const asOf = new Date();
  const folder = await box.folder(walk.folderId, signal);
  if (!folder || folder.trashed) {
    if (walk.sourceId === null) return false;
    throw new Failure("not_found", `Box does not show the source's folder ${walk.folderId}`, {
      hint: "Was it deleted, or the account's access to it taken away? Restore either, then replay.",
    });
  }
  const way = [...folder.ancestors, folder];
  const rows = way.map(({ folderId, name }, index) => ({
    folderId,
    name,
    asOf,
    parentId: way[index - 1]?.folderId,
  }));
  return deps.db.transaction(async (tx) => {
    await rememberFolders(tx, walk.accountId, rows);
    if (walk.sourceId !== null) await noteOwnership(tx, walk.accountId, folder);
    const roots = new Set((await liveSources(tx, walk.accountId)).map((source) => source.folderId));
    if (!way.some(({ folderId }) => roots.has(folderId))) return false;
    if (!(await layFrontier(tx, deps.worker, walk))) throw lostLease();
    return true;
  });
}

async function listPage(
  deps: Deps,
  box: BoxClient,
  walk: LeasedWalk,
  folder: OpenFolder,
  signal: AbortSignal,
) {
  const asOf = new Date();
  const page = await readPage(deps, box, walk, folder, signal);
  // A first page proves nothing of its marker: a folder that cannot be paged is given up some day.
  const isProgress = folder.marker !== undefined || page.nextMarker === undefined;
  await deps.db.transaction(async (tx) => {
    const parentId = folder.folderId;
    const below = page.folders.map(({ folderId, name }) => ({ folderId, name, parentId, asOf }));
    await rememberFolders(tx, walk.accountId, below);
    const recorded = await recordChanges(tx, {
      accountId: walk.accountId,
      door: "listing",
      prefix: deps.prefix,
      priority: priorityOf(walk),
      news: newsOf(page, walk, parentId, asOf),
    });
    const moved = await advanceWalk(tx, deps.worker, walk, {
      folder,
      nextMarker: page.nextMarker,
      subfolders: walk.recursive ? below.map(({ folderId }) => folderId) : [],
      files: page.files.length,
      matched: walk.sourceId === null ? 0 : (recorded.tallies.get(walk.sourceId)?.matched ?? 0),
      isProgress,
    });
    if (!moved) throw lostLease();
  });
  if (isProgress) walk.attempts = 0;
}

/** A folder that went away while the walk ran is an end; a marker that Box forgot, a new start. */
async function readPage(
  deps: Deps,
  box: BoxClient,
  walk: LeasedWalk,
  folder: OpenFolder,
  signal: AbortSignal,
): Promise<ItemsPage> {
  try {
    return await box.folderItems(folder.folderId, folder.marker, signal);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === "not_found" && folder.folderId !== walk.folderId)
      return { files: [], folders: [], others: 0, nextMarker: undefined };
    if (error.kind !== "invalid" || folder.marker === undefined) throw error;
    await restartFolder(deps.db, walk, folder.folderId);
    throw new Failure("transient", "Box forgot how far a folder was listed: it is listed anew");
  }
}

function newsOf(page: ItemsPage, walk: LeasedWalk, parentId: FolderId, asOf: Date): News[] {
  return page.files.flatMap((file): News[] => {
    if (file.trashed) return [];
    if (!file.version) {
      const reason = "its listing row is incomplete";
      return [{ change: { kind: "file", fileId: file.fileId, parentId, reason }, asOf }];
    }
    // A backfill takes what is current; a file that a signal brought in may have a past we missed.
    const mayHaveHistory = walk.sourceId === null && file.etag !== "0";
    return [
      versionNews({ ...file, parentId, ancestors: undefined }, file.version, asOf, mayHaveHistory),
    ];
  });
}

async function end(deps: Deps, walk: LeasedWalk) {
  const laterMs = LATER_ROUNDS_MS[LATER_ROUNDS_MS.length - walk.roundsLeft] ?? 0;
  await deps.db.transaction(async (tx) => {
    const dueAt = await finishWalk(tx, deps.worker, walk, laterMs);
    await folderWasSeen(tx, { ...walk, signalled: walk.sourceId === null });
    if (dueAt) await enqueue(tx, [{ ...wakeUp(walk), runAt: dueAt }]);
  });
}

const lostLease = () => new Failure("stopped", "The lease of this walk was lost to another worker");

const priorityOf = (walk: LeasedWalk) =>
  walk.sourceId === null ? PRIORITY.walk : PRIORITY.backfill;

const turnOf = (walk: LeasedWalk): Turn =>
  walk.sourceId === null
    ? { urgency: "news", key: walk.accountId }
    : { urgency: "backfill", key: walk.sourceId };

const wakeUp = (walk: LeasedWalk) => ({
  task: "walk_folder" as const,
  payload: { walkId: walk.id },
  priority: priorityOf(walk),
});
