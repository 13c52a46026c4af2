import type { BoxClient } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import type { FolderId } from "../core/ids.ts";
import type { Turn } from "../core/purse.ts";
import { LATER_ROUNDS_MS } from "../core/retry.ts";
import { rememberFolders, rowsOfWay } from "../db/ancestry.ts";
import { askWalks } from "../db/debts.ts";
import { liveSources } from "../db/masks.ts";
import type { Transaction } from "../db/open.ts";
import { noteOwnership } from "../db/streams.ts";
import {
  finishWalk,
  layFrontier,
  type LeasedWalk,
  leaseWalk,
  type OpenFolder,
  openFolders,
  pauseWalk,
} from "../db/walks.ts";
import { folderWasSeen } from "../db/webhooks.ts";
import { enqueue, PRIORITY } from "../operations/enqueue.ts";
import { walksBelow } from "../operations/walks-below.ts";
import { listPage, lostLease } from "./list-page.ts";
import { settleFailure } from "./set-back.ts";
import type { Handler, JobDeps } from "./task.ts";

type Deps = Pick<JobDeps, "db" | "boxes" | "worker" | "held" | "log" | "random" | "prefix">;

/** A turn ends after so long, so that walks of several sources take turns on few workers. */
const TURN_MS = 20_000;

/**
 * Folders listed side by side. Box takes a fifth of a second for a page and allows some 15 calls a
 * second, so more gain nothing; each holds one page of at most 1000 rows in memory.
 */
const FOLDERS = 6;

/** So many of the frontier are read at once: sorting a wide one for every page would cost more than the page. */
const FETCHED = 100;

/**
 * Lists a folder tree page by page, several folders side by side. Each page's records, the folders
 * found in it and the place to go on from are saved in one transaction: killed anywhere, the walk
 * goes on from the pages that were kept. Pages seen twice change nothing.
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
  const isListed = !wanted || (await listFolders(deps, box, walk, signal));
  if (isListed) {
    await end(deps, walk);
    return { outcome: "done" as const, note: wanted ? "Listed" : "Outside every source", fields };
  }
  await deps.db.transaction(async (tx) => {
    await pauseWalk(tx, deps.worker, walk);
    await enqueue(tx, [wakeUp(walk)]);
  });
  return { outcome: "continued" as const, note: "Listed a part of", fields };
}

/** Reads where the folder lies now. False when it lies outside every source. */
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
  return deps.db.transaction(async (tx) => {
    await rememberFolders(tx, walk.accountId, rowsOfWay(way, asOf));
    if (walk.sourceId !== null) await noteOwnership(tx, walk.accountId, folder);
    const roots = new Set((await liveSources(tx, walk.accountId)).map((source) => source.folderId));
    if (!way.some(({ folderId }) => roots.has(folderId))) {
      await walkBelow(tx, walk, [...roots]);
      return false;
    }
    if (!(await layFrontier(tx, deps.worker, walk))) throw lostLease();
    return true;
  });
}

/** Walks the sources' folders below one that is outside: its later rounds walk them again. */
async function walkBelow(tx: Transaction, walk: LeasedWalk, roots: FolderId[]) {
  const { accountId, folderId, recursive, reason, door } = walk;
  const change = { kind: "folder", folderId, recursive, repeat: true, reason } as const;
  const signalledAt = new Date(walk.signalledAt ?? Date.now());
  const below = await walksBelow(tx, accountId, roots, [{ change, asOf: signalledAt }]);
  const asked = await askWalks(
    tx,
    accountId,
    below.map(({ change: { folderId } }) => {
      return { folderId, recursive: true, rounds: 0, reason, signalledAt };
    }),
    door,
  );
  await enqueue(
    tx,
    asked.map((walkId) => ({ task: "walk_folder", payload: { walkId }, priority: PRIORITY.walk })),
  );
}

/**
 * Lists pages of several folders at once until none is left (true) or the turn is over (false). The
 * first that fails ends the turn; what the others bring until then is kept, and its error is thrown.
 */
async function listFolders(deps: Deps, box: BoxClient, walk: LeasedWalk, signal: AbortSignal) {
  const endAt = Date.now() + TURN_MS;
  const busy = new Map<FolderId, Promise<void>>();
  const failures: unknown[] = [];
  const waiting: OpenFolder[] = [];

  async function list(folder: OpenFolder) {
    try {
      const marker = await listPage(deps, box, walk, folder, signal);
      // The folder before all others: its marker is perishable.
      if (marker !== undefined) waiting.unshift({ ...folder, marker });
    } catch (error) {
      failures.push(error);
    } finally {
      busy.delete(folder.folderId);
    }
  }

  for (;;) {
    const isOver = failures.length > 0 || Date.now() > endAt;
    if (!isOver && busy.size < FOLDERS) {
      const asked = [...busy.keys()];
      // A page that ends meanwhile puts its own folder here too, and its subfolders into the frontier.
      if (waiting.length === 0) waiting.push(...(await openFolders(deps.db, walk, asked, FETCHED)));
      const next = waiting.shift();
      if (next) {
        busy.set(next.folderId, list(next));
        continue;
      }
      // Only an answer that nothing was under way beside says that no folder is left.
      if (asked.length > 0 && busy.size === 0) continue;
    }
    if (busy.size > 0) await Promise.race(busy.values());
    else if (failures.length > 0) throw failures[0];
    else return !isOver;
  }
}

async function end(deps: Deps, walk: LeasedWalk) {
  const laterMs = LATER_ROUNDS_MS[LATER_ROUNDS_MS.length - walk.roundsLeft] ?? 0;
  await deps.db.transaction(async (tx) => {
    const dueAt = await finishWalk(tx, deps.worker, walk, laterMs);
    const isSignalled = walk.sourceId === null;
    // A shallow one was asked for by a file's news, which casts no doubt on its folder's webhook.
    if (walk.recursive || !isSignalled)
      await folderWasSeen(tx, { ...walk, signalled: isSignalled });
    if (dueAt) await enqueue(tx, [{ ...wakeUp(walk), runAt: dueAt }]);
  });
}

const turnOf = (walk: LeasedWalk): Turn =>
  walk.sourceId === null
    ? { urgency: "news", key: walk.accountId }
    : { urgency: "backfill", key: walk.sourceId };

const wakeUp = (walk: LeasedWalk) => ({
  task: "walk_folder" as const,
  payload: { walkId: walk.id },
  priority: walk.sourceId === null ? PRIORITY.walk : PRIORITY.ahead,
});
