import type { BoxClient } from "../box/client.ts";
import type { FolderId } from "../core/ids.ts";
import type { Turn } from "../core/purse.ts";
import { LATER_ROUNDS_MS } from "../core/retry.ts";
import { rememberFolders, rowsOfWay } from "../db/ancestry.ts";
import { askWalks } from "../db/debts.ts";
import { liveSources } from "../db/masks.ts";
import { askAwayAgain, closeAnswered } from "../db/mended-walks.ts";
import type { Transaction } from "../db/open.ts";
import { noteOwnership } from "../db/streams.ts";
import { hasOpenFolders, layFrontier, type OpenFolder, openFolders } from "../db/frontier.ts";
import { sourcesNotKnownAway } from "../db/sweeps.ts";
import { finishWalk, type LeasedWalk, leaseWalk, pauseWalk } from "../db/walks.ts";
import { folderWasSeen } from "../db/webhooks.ts";
import { enqueue, type Job, PRIORITY } from "../operations/enqueue.ts";
import { startSweepIn } from "../operations/sweeps.ts";
import { walksBelow } from "../operations/walks-below.ts";
import { listPage, lostLease, readRoot } from "./list-page.ts";
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

/** What Box did not show is asked for again after so long: longer than its folders take to come into sight. */
const UNSEEN_AGAIN_MS = 60_000;

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
  const begun = walk.started ? "inside" : await begin(deps, box, walk, signal);
  const isOver = begun === "inside" && !(await listFolders(deps, box, walk, signal));
  const isUnseen = begun === "inside" && !isOver && (await hasOpenFolders(deps.db, walk));
  if (!isOver && !isUnseen) {
    await end(deps, walk, begun);
    const note = begun === "inside" ? "Listed" : "Outside every source";
    return { outcome: "done" as const, note, fields };
  }
  await deps.db.transaction(async (tx) => {
    const runAt = isUnseen ? new Date(Date.now() + UNSEEN_AGAIN_MS) : undefined;
    await pauseWalk(tx, deps.worker, walk, runAt);
    await enqueue(tx, [{ ...wakeUp(walk), runAt }]);
  });
  return { outcome: "continued" as const, note: "Listed a part of", fields };
}

/** Where a walk's folder lies, as seen from the account's sources. */
type Place = "inside" | "above" | "elsewhere" | "unseen";

/** Reads where the folder lies now, and lays the frontier of one inside a source. */
async function begin(
  deps: Deps,
  box: BoxClient,
  walk: LeasedWalk,
  signal: AbortSignal,
): Promise<Place> {
  const asOf = new Date();
  const folder = await readRoot(box, walk, signal);
  if (!folder) return "unseen";
  const way = [...folder.ancestors, folder];
  return deps.db.transaction(async (tx) => {
    await rememberFolders(tx, walk.accountId, rowsOfWay(way, asOf));
    await noteOwnership(tx, walk.accountId, folder);
    const roots = new Set((await liveSources(tx, walk.accountId)).map((source) => source.folderId));
    if (!way.some(({ folderId }) => roots.has(folderId)))
      return (await walkBelow(tx, walk, [...roots])) ? "above" : "elsewhere";
    if (!(await layFrontier(tx, deps.worker, walk))) throw lostLease();
    return "inside";
  });
}

/** Walks the sources' folders below one that is outside: its later rounds walk them again. False when there are none. */
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
    asked.map((walkId) => jobOf(walkId, PRIORITY.walk)),
  );
  return below.length > 0;
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
      const next = await listPage(deps, box, walk, folder, signal);
      // The folder before all others: its marker is perishable.
      if (next) waiting.unshift(next);
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

/** What Box finishes later in a folder elsewhere concerns no source; where it is moved from there, that is told. */
async function end(deps: Deps, walk: LeasedWalk, place: Place) {
  const laterMs = LATER_ROUNDS_MS[LATER_ROUNDS_MS.length - walk.roundsLeft] ?? 0;
  await deps.db.transaction(async (tx) => {
    if (place === "unseen" && walk.sourceId === null) await proveHidden(tx, walk);
    const again = place === "inside" ? await askAwayAgain(tx, walk) : [];
    if (place === "inside") await closeAnswered(tx, walk);
    const dueAt = await finishWalk(
      tx,
      deps.worker,
      walk,
      place === "elsewhere" ? undefined : laterMs,
    );
    const isSignalled = walk.sourceId === null;
    // A shallow one was asked for by a file's news, which casts no doubt on its folder's webhook.
    if (walk.recursive || !isSignalled)
      await folderWasSeen(tx, { ...walk, signalled: isSignalled });
    await enqueue(tx, [
      ...again.map((walkId) => jobOf(walkId, PRIORITY.ahead)),
      ...(dueAt ? [{ ...wakeUp(walk), runAt: dueAt }] : []),
    ]);
  });
}

/** Sources' folders that a signal's walk did not see: each source is listed, and so said to be unreachable. */
async function proveHidden(tx: Transaction, walk: LeasedWalk) {
  for (const source of await sourcesNotKnownAway(tx, walk))
    await startSweepIn(tx, source, `${walk.reason}: its folder may be hidden`);
}

const turnOf = (walk: LeasedWalk): Turn =>
  walk.sourceId === null
    ? { urgency: "news", key: walk.accountId }
    : { urgency: "backfill", key: walk.sourceId };

const jobOf = (walkId: number, priority: number): Job => ({
  task: "walk_folder",
  payload: { walkId },
  priority,
});

const wakeUp = ({ id, sourceId }: LeasedWalk) =>
  jobOf(id, sourceId === null ? PRIORITY.walk : PRIORITY.ahead);
