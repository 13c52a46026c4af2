import type { Change, Door, ToldVersions } from "../core/change.ts";
import type { AccountId, FileId, FolderId } from "../core/ids.ts";
import { CHECK_DELAY_MS, LATER_ROUNDS_MS } from "../core/retry.ts";
import { type AskedCheck, askChecks, askWalks } from "../db/debts.ts";
import type { Queryable } from "../db/open.ts";
import { enqueue, type Job } from "./enqueue.ts";
import type { FolderNews } from "./walks-below.ts";

/** The version and the folder that a change of a file names, if it does. */
export function toldOf(change: Extract<Change, { kind: "version" | "file" }>, asOf: Date): Told {
  const isShown = change.kind === "version";
  const { versionId, sizeBytes } = isShown ? change.version : change;
  const at = ((isShown && change.version.createdAt) || asOf).toISOString();
  return {
    parentId: isShown ? change.file.parentId : change.parentId,
    told: versionId ? { [versionId]: { at, sizeBytes } } : {},
  };
}

interface Told {
  parentId: FolderId | undefined;
  told: ToldVersions;
}

/** The files to look at again: what is asked both soon and later is looked at soon. */
export function createChecks() {
  const asked = new Map<FileId, AskedCheck>();
  const ask = (
    fileId: FileId,
    delayMs: number,
    how: Pick<AskedCheck, "reason" | "door" | "precaution"> & Partial<Told>,
  ) => {
    const dueAt = new Date(Date.now() + delayMs);
    const known = asked.get(fileId);
    const first = known && known.dueAt <= dueAt ? known : { fileId, dueAt, ...how };
    const precaution = how.precaution === true && known?.precaution !== false;
    asked.set(fileId, { ...first, precaution, told: { ...how.told, ...known?.told } });
  };
  return {
    soon: (file: FileId, reason: string, told?: Told) =>
      ask(file, CHECK_DELAY_MS.news, { reason, ...told }),
    /** For what nobody announced: whatever it finds, this door did not see. */
    later: (file: FileId, reason: string) =>
      ask(file, CHECK_DELAY_MS.history, { reason, door: "listing", precaution: true }),
    asked: () => [...asked.values()],
  };
}

/** Asks for files and folders to be looked at again, with the jobs that do so. Answers how many of each. */
export async function askToLook(
  tx: Queryable,
  { accountId, door }: { accountId: AccountId; door: Door },
  checks: AskedCheck[],
  walks: FolderNews[],
) {
  const askedChecks = await askChecks(tx, accountId, checks, door);
  const askedWalks = await askWalks(
    tx,
    accountId,
    walks.map(({ change: { folderId, recursive, repeat, reason }, asOf }) => ({
      folderId,
      recursive,
      rounds: repeat ? LATER_ROUNDS_MS.length : 0,
      reason,
      signalledAt: asOf,
    })),
    door,
  );
  await enqueue(tx, [
    ...askedChecks.map(({ id, dueAt, priority }): Job => ({
      task: "sync_file",
      payload: { checkId: id },
      priority,
      runAt: dueAt,
    })),
    ...askedWalks.map((walkId): Job => ({ task: "walk_folder", payload: { walkId } })),
  ]);
  return { checks: askedChecks.length, walks: askedWalks.length };
}
