import type { BoxFile } from "../box/client.ts";
import { askChecks } from "../db/debts.ts";
import { longestUnread } from "../db/histories.ts";
import type { Transaction } from "../db/open.ts";
import type { LeasedWalk } from "../db/walks.ts";
import { enqueue, type Job, type QueueOrder } from "../operations/enqueue.ts";

/** A sweep reads one in so many histories, so that a daily one has read them all in a month. */
const SLICES = 30;

/** Box's clock and ours may differ by so much. */
const CLOCKS_DIFFER_MS = 60 * 60 * 1000;

/**
 * Asks for the histories of a page's `wanted` files, those that the walk's source asks for: all of them for the backfill
 * of a source that keeps them, the slice of those read longest ago for a sweep, none otherwise. A file
 * at etag 0 has none. Asked again it is one check a file.
 */
export async function askHistories(
  tx: Transaction,
  random: () => number,
  walk: LeasedWalk,
  wanted: readonly BoxFile[],
  queue: QueueOrder,
): Promise<void> {
  const { sourceId, accountId } = walk;
  const isBackfill = walk.kind === "backfill" && walk.history === "all";
  if (sourceId === null || !(isBackfill || walk.kind === "sweep")) return;
  const old = wanted.filter((file) => mayHaveMissed(walk, file)).map(({ fileId }) => fileId);
  if (old.length === 0) return;
  // By chance rounded up or down, so that folders of few files have their share as well.
  const slice = Math.floor(old.length / SLICES + random());
  const chosen = isBackfill ? old : await longestUnread(tx, accountId, old, slice);
  const dueAt = new Date();
  const asked = await askChecks(
    tx,
    accountId,
    chosen.map((fileId) => ({
      fileId,
      reason: isBackfill ? "its source keeps past versions" : "its history was read longest ago",
      dueAt,
      priority: queue.priority,
    })),
    "listing",
  );
  await enqueue(
    tx,
    asked.map(({ id, priority }, nth): Job => ({
      task: "sync_file",
      payload: { checkId: id },
      priority,
      runAt: queue.runAt?.(nth),
    })),
  );
}

/** Of a file not changed since its source was registered, one that keeps no history can have missed nothing. */
function mayHaveMissed({ history, since }: LeasedWalk, { etag, version }: BoxFile): boolean {
  if (etag === "0") return false;
  if (history === "all" || since === null || !version?.createdAt) return true;
  return version.createdAt.getTime() + CLOCKS_DIFFER_MS >= Date.parse(since);
}
