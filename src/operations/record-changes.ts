import type { Change, Door, FileFact, FolderFact, News, ToldVersions } from "../core/change.ts";
import type { AccountId, FileId, FolderId, SourceId } from "../core/ids.ts";
import { CHECK_DELAY_MS, LATER_ROUNDS_MS } from "../core/retry.ts";
import { rememberFolders } from "../db/ancestry.ts";
import { type AskedCheck, askChecks, askWalks, type Sweep } from "../db/debts.ts";
import { keyOf, recordVersions } from "../db/facts.ts";
import { rememberFiles } from "../db/file-places.ts";
import { unreadSince } from "../db/histories.ts";
import { liveSources } from "../db/masks.ts";
import type { Queryable } from "../db/open.ts";
import { enqueue, type Job, PRIORITY, type QueueOrder } from "./enqueue.ts";
import { owe, type Tally } from "./owe-objects.ts";
import { foldersIn, newerPlaces, resolveWays, settledAlready } from "./place-changes.ts";
import { type FolderNews, looksAtHidden, walksBelow } from "./walks-below.ts";

export interface Observation {
  accountId: AccountId;
  door: Door;
  news: News[];
  /** The lake's prefix: part of every object name, unless the source has one of its own. */
  prefix: string;
  /** Of the stores that this leads to; as news unless the caller can wait. */
  queue?: QueueOrder;
  /** What this finds missing is put down to it. */
  sweep?: Sweep;
  /**
   * For a page of a backfill, the sources that one is under way of: they take what is current. Others
   * that are owed something by it have it from a signal still to come, and what it brought along.
   */
  backfilled?: ReadonlySet<SourceId>;
}

export interface Recorded {
  /** Objects that were not owed before. */
  objects: number;
  checks: number;
  walks: number;
  /** What each source whose folder is above makes of the versions seen, owed before or not. */
  tallies: Map<SourceId, Tally>;
}

/** A file that something happened to. */
interface FileNews {
  change: Extract<Change, { kind: "file" }>;
  asOf: Date;
}

/** A version that was seen inside some source's folder, with where that puts it. */
interface Sighting {
  change: Extract<Change, { kind: "version" }>;
  way: FolderFact[];
  asOf: Date;
}

/**
 * The one room behind every door: facts, then what the lake owes for them, then the debts and their
 * wake-ups, all in the caller's transaction and without asking Box.
 *
 * The same news again changes nothing. News may be late, out of order, or about what is known:
 * membership is decided each time, from where the file is said to lie and what it is called. What
 * lies outside every source leaves no debt, and no fact but its ancestry.
 */
export async function recordChanges(tx: Queryable, seen: Observation): Promise<Recorded> {
  const sources = await liveSources(tx, seen.accountId);
  if (sources.length === 0 || seen.news.length === 0)
    return { objects: 0, checks: 0, walks: 0, tallies: new Map() };

  await rememberFolders(tx, seen.accountId, foldersIn(seen.news));
  const ways = await resolveWays(tx, seen);
  const roots = new Set(sources.map((source) => source.folderId));
  const inside = (way: FolderFact[]) => way.some((folder) => roots.has(folder.folderId));

  const sightings: Sighting[] = [];
  const checks = createChecks();
  const asked: FileNews[] = [];
  const walks: FolderNews[] = [];
  const outside: FolderNews[] = [];
  for (const { change, asOf } of seen.news) {
    if (change.kind === "hidden") continue;
    const way = ways(change);
    if (way && !inside(way)) {
      if (change.kind === "folder") outside.push({ change, asOf });
    } else if (change.kind === "folder") walks.push({ change, asOf });
    else if (change.kind === "file") asked.push({ change, asOf });
    else if (way) sightings.push({ change, way, asOf });
    else checks.soon(change.file.fileId, "its folder is not known yet", toldOf(change, asOf));
  }
  walks.push(...(await walksBelow(tx, seen.accountId, [...roots], outside)));
  walks.push(...(await looksAtHidden(tx, seen.accountId, [...roots], seen.news)));

  const { fresh, disputed, moved } = await recordSightings(tx, seen, sightings);
  const elsewhere = await newerPlaces(tx, seen, moved);
  const settled = await settledAlready(
    tx,
    seen,
    asked.map(({ change }) => change),
  );
  const placed = sightings.map(({ change: { file, version }, way }) => ({
    fileId: file.fileId,
    name: file.name,
    versionId: version.versionId,
    way,
  }));
  const { door, prefix, sweep, queue = { priority: PRIORITY.news } } = seen;
  const owing = { door, prefix, sweep, queue };
  const owedNow = await owe(tx, owing, sources, [...elsewhere, ...settled.values()], placed);

  for (const file of disputed) checks.soon(file, "Box describes a recorded version differently");
  const unread = await unreadHistories(tx, seen, sightings, owedNow.tallies);
  for (const { change } of sightings) {
    const key = keyOf({ fileId: change.file.fileId, versionId: change.version.versionId });
    const newTo = owedNow.newTo.get(key) ?? [];
    // Owed only now, it is new to this account even where another recorded it.
    const isUnannounced = seen.backfilled
      ? newTo.some((source) => !seen.backfilled?.has(source))
      : fresh.has(key) || newTo.length > 0 || unread.has(change.file.fileId);
    if (change.mayHaveHistory && isUnannounced)
      checks.later(change.file.fileId, "earlier versions may not have been announced");
  }
  for (const { change, asOf } of asked)
    if (!settled.has(change)) checks.soon(change.fileId, change.reason, toldOf(change, asOf));

  const debts = await writeChecksAndWalks(tx, seen, checks.asked(), walks);
  return { ...debts, objects: owedNow.objects, tallies: owedNow.tallies };
}

/**
 * The wanted files of signals whose versions were not listed since. A signal may show the version that is
 * current when it is written or read, and not the one that it is about: that this one is known already,
 * from a listing for example, does not say that the other is.
 */
async function unreadHistories(
  tx: Queryable,
  seen: Observation,
  sightings: Sighting[],
  tallies: Recorded["tallies"],
) {
  if (seen.door === "listing" || seen.door === "replay") return new Set<FileId>();
  const wanted = new Set([...tallies.values()].flatMap(({ files }) => [...files]));
  const signals = sightings.filter(
    ({ change }) => change.mayHaveHistory && wanted.has(change.file.fileId),
  );
  return unreadSince(
    tx,
    seen.accountId,
    signals.map(({ change, asOf }) => ({ fileId: change.file.fileId, asOf })),
  );
}

async function recordSightings(tx: Queryable, seen: Observation, sightings: Sighting[]) {
  const files = sightings.map(({ change: { file }, asOf }) => ({
    fileId: file.fileId,
    name: file.name,
    parentId: file.parentId,
    versionId: file.versionId,
    sequence: file.sequence,
    asOf,
  }));
  const moved = await rememberFiles(tx, seen.accountId, files);
  const once = new Map(
    sightings.map(({ change: { file, version } }) => [
      keyOf({ fileId: file.fileId, versionId: version.versionId }),
      { fileId: file.fileId, version },
    ]),
  );
  return { moved, ...(await recordVersions(tx, [...once.values()], seen.door)) };
}

/** The version and the folder that a change of a file names, if it does. */
function toldOf(change: Extract<Change, { kind: "version" | "file" }>, asOf: Date): Told {
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
function createChecks() {
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

async function writeChecksAndWalks(
  tx: Queryable,
  seen: Observation,
  checks: AskedCheck[],
  walks: FolderNews[],
) {
  const askedChecks = await askChecks(tx, seen.accountId, checks, seen.door);
  const askedWalks = await askWalks(
    tx,
    seen.accountId,
    walks.map(({ change: { folderId, recursive, repeat, reason }, asOf }) => ({
      folderId,
      recursive,
      rounds: repeat ? LATER_ROUNDS_MS.length : 0,
      reason,
      signalledAt: asOf,
    })),
    seen.door,
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

/** A version's fact as a door hands it in, for doors that read Box themselves. */
export const versionNews = (
  file: FileFact,
  version: Extract<Change, { kind: "version" }>["version"],
  asOf: Date,
  mayHaveHistory: boolean,
): News => ({ change: { kind: "version", file, version, mayHaveHistory }, asOf });
