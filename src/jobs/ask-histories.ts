import type { BoxFile } from "../box/client.ts";
import type { FileId } from "../core/ids.ts";
import { askChecks } from "../db/debts.ts";
import { longestUnread, metUnread } from "../db/histories.ts";
import type { Transaction } from "../db/open.ts";
import type { LeasedWalk } from "../db/walks.ts";
import { enqueue, type Job, type QueueOrder } from "../operations/enqueue.ts";
import type { Tally } from "../operations/owe-objects.ts";

/** A sweep reads one in so many histories, so that a daily one has read them all in a month. */
const SLICES = 30;

/** Box's clock and ours may differ by so much. */
const CLOCKS_DIFFER_MS = 60 * 60 * 1000;
/** The same where more would ask for histories in vain: what was listed shortly before a signal. */
const CLOCKS_SELDOM_DIFFER_MS = 2 * 60 * 1000;

/**
 * Asks for the histories of those of a page's files of which the walk's source, or any of the account's, may want
 * a version, as `asking` has it. The backfill of a source that keeps past versions asks for all of them; a sweep
 * for the slice of those read longest ago; the walk of a signal, or of a gap, for those that a backfill met before
 * it, and took as they were then, and for those whose current size is not wanted and that were never read: nothing else tells of
 * the past that they bring along. A file at etag 0 has none. Asked again it is one check a file.
 */
export async function askHistories(
  tx: Transaction,
  random: () => number,
  walk: LeasedWalk,
  listed: readonly BoxFile[],
  asking: readonly Pick<Tally, "files" | "unfit">[],
  queue: QueueOrder,
): Promise<void> {
  const old = listed.filter(
    ({ fileId, etag }) => etag !== "0" && asking.some(({ files }) => files.has(fileId)),
  );
  if (old.length === 0) return;
  const isUnfit = (file: FileId) => asking.some(({ unfit }) => unfit.has(file));
  const { files, reason, precaution = false } = await choose(tx, random, walk, old, isUnfit);
  const dueAt = new Date();
  const asked = await askChecks(
    tx,
    walk.accountId,
    files.map((fileId) => ({ fileId, reason, dueAt, precaution, priority: queue.priority })),
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

interface Chosen {
  files: FileId[];
  reason: string;
  /** Nothing says that there is anything to find. */
  precaution?: boolean;
}

async function choose(
  tx: Transaction,
  random: () => number,
  walk: LeasedWalk,
  old: readonly BoxFile[],
  isUnfit: (file: FileId) => boolean,
): Promise<Chosen> {
  const { kind, accountId, history, signalledAt } = walk;
  if (kind === "backfill" && history === "all")
    return { files: old.map(({ fileId }) => fileId), reason: "its source keeps past versions" };
  if (kind === "sweep") {
    const missed = old.filter((file) => mayHaveMissed(walk, file)).map(({ fileId }) => fileId);
    // By chance rounded up or down, so that folders of few files have their share as well.
    const slice = Math.floor(missed.length / SLICES + random());
    const files = await longestUnread(tx, accountId, missed, slice);
    return { files, reason: "its history was read longest ago", precaution: true };
  }
  const reason = "its past may have come with it";
  if (signalledAt === null) return { files: [], reason };
  const since = new Date(Date.parse(signalledAt) - CLOCKS_SELDOM_DIFFER_MS);
  const listed = old.flatMap(({ fileId, version }) =>
    version ? [{ fileId, versionId: version.versionId, isUnfit: isUnfit(fileId) }] : [],
  );
  return { files: await metUnread(tx, accountId, listed, since), reason };
}

/** Of a file not changed since its source was registered, one that keeps no history can have missed nothing. */
function mayHaveMissed({ history, since }: LeasedWalk, { version }: BoxFile): boolean {
  if (history === "all" || since === null || !version?.createdAt) return true;
  return version.createdAt.getTime() + CLOCKS_DIFFER_MS >= Date.parse(since);
}
