import type { Change, Door, FolderFact, News } from "../core/change.ts";
import type { AccountId, FileId, FolderId, SourceId } from "../core/ids.ts";
import { rememberFolders } from "../db/ancestry.ts";
import type { Sweep } from "../db/debts.ts";
import { keyOf, recordVersions } from "../db/facts.ts";
import { rememberFiles } from "../db/file-places.ts";
import { unreadSince } from "../db/histories.ts";
import { liveSources } from "../db/masks.ts";
import type { Queryable } from "../db/open.ts";
import { PRIORITY, type QueueOrder } from "./enqueue.ts";
import { askToLook, createChecks, toldOf } from "./look-again.ts";
import { type Owed, owe, type Tally } from "./owe-objects.ts";
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

/** News of a file, with its version or without. */
interface FileNews<Kind extends "version" | "file"> {
  change: Extract<Change, { kind: Kind }>;
  asOf: Date;
}

/** A version that was seen inside some source's folder, with where that puts it. */
interface Sighting extends FileNews<"version"> {
  way: FolderFact[];
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
  const { accountId, door, prefix, sweep, queue = { priority: PRIORITY.news } } = seen;
  const sources = await liveSources(tx, accountId);
  if (sources.length === 0 || seen.news.length === 0)
    return { objects: 0, checks: 0, walks: 0, tallies: new Map() };

  await rememberFolders(tx, accountId, foldersIn(seen.news));
  const roots = new Set(sources.map((source) => source.folderId));
  const sorted = sortNews(seen.news, await resolveWays(tx, seen), roots);
  const { sightings, unplaced, touched } = sorted;
  const walks = [
    ...sorted.walks,
    ...(await walksBelow(tx, accountId, [...roots], sorted.outside)),
    ...(await looksAtHidden(tx, accountId, [...roots], seen.news)),
  ];

  const recorded = await recordSightings(tx, seen, sightings);
  const elsewhere = await newerPlaces(tx, seen, recorded.moved);
  const named = touched.map(({ change }) => change);
  const settled = await settledAlready(tx, seen, named);
  const places = [...elsewhere, ...settled.values()];
  const placed = sightings.map(({ change: { file, version }, way }) => {
    return { fileId: file.fileId, name: file.name, versionId: version.versionId, way };
  });
  const owed = await owe(tx, { door, prefix, sweep, queue }, sources, places, placed);

  const checks = createChecks();
  for (const { change, asOf } of unplaced)
    checks.soon(change.file.fileId, "its folder is not known yet", toldOf(change, asOf));
  for (const file of recorded.disputed)
    checks.soon(file, "Box describes a recorded version differently");
  for (const file of await unannounced(tx, seen, sightings, recorded.fresh, owed))
    checks.later(file, "earlier versions may not have been announced");
  for (const { change, asOf } of touched)
    if (!settled.has(change)) checks.soon(change.fileId, change.reason, toldOf(change, asOf));

  const debts = await askToLook(tx, seen, checks.asked(), walks);
  return { ...debts, objects: owed.objects, tallies: owed.tallies };
}

/** News by what it leads to. Of a file outside every source it leads to nothing. */
interface SortedNews {
  sightings: Sighting[];
  /** Versions of which only Box can say where they lie. */
  unplaced: FileNews<"version">[];
  touched: FileNews<"file">[];
  /** Folders inside a source, or of which only Box can say it. */
  walks: FolderNews[];
  /** Folders outside every source. */
  outside: FolderNews[];
}

function sortNews(
  news: readonly News[],
  wayOf: (change: Exclude<Change, { kind: "hidden" }>) => FolderFact[] | undefined,
  roots: ReadonlySet<FolderId>,
): SortedNews {
  const sorted: SortedNews = {
    sightings: [],
    unplaced: [],
    touched: [],
    walks: [],
    outside: [],
  };
  for (const { change, asOf } of news) {
    if (change.kind === "hidden") continue;
    const way = wayOf(change);
    const isOutside = way !== undefined && !way.some(({ folderId }) => roots.has(folderId));
    if (change.kind === "folder") sorted[isOutside ? "outside" : "walks"].push({ change, asOf });
    else if (isOutside) continue;
    else if (change.kind === "file") sorted.touched.push({ change, asOf });
    else if (way) sorted.sightings.push({ change, asOf, way });
    else sorted.unplaced.push({ change, asOf });
  }
  return sorted;
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
  const once = new Map(
    sightings.map(({ change: { file, version } }) => [
      keyOf({ fileId: file.fileId, versionId: version.versionId }),
      { fileId: file.fileId, version },
    ]),
  );
  // Sent together and done in this order, so that the facts are looked at with the files held.
  const [moved, recorded] = await Promise.all([
    rememberFiles(tx, seen.accountId, files),
    recordVersions(tx, [...once.values()], seen.door),
  ]);
  return { moved, ...recorded };
}

/** The files that came to this account's notice with a version before which there may have been others. */
async function unannounced(
  tx: Queryable,
  seen: Observation,
  sightings: readonly Sighting[],
  fresh: ReadonlySet<string>,
  { newTo, tallies }: Owed,
): Promise<FileId[]> {
  const mayHaveHistory = sightings.filter(({ change }) => change.mayHaveHistory);
  const unread = await unreadHistories(tx, seen, mayHaveHistory, tallies);
  return mayHaveHistory
    .filter(({ change: { file, version } }) => {
      const key = keyOf({ fileId: file.fileId, versionId: version.versionId });
      // Owed only now, it is new to this account even where another recorded it.
      const sources = newTo.get(key) ?? [];
      if (seen.backfilled) return sources.some((source) => !seen.backfilled?.has(source));
      return fresh.has(key) || sources.length > 0 || unread.has(file.fileId);
    })
    .map(({ change }) => change.file.fileId);
}

/**
 * The wanted files of signals whose versions were not listed since. A signal may show the version that is
 * current when it is written or read, and not the one that it is about: that this one is known already,
 * from a listing for example, does not say that the other is.
 */
async function unreadHistories(
  tx: Queryable,
  seen: Observation,
  sightings: readonly Sighting[],
  tallies: Owed["tallies"],
) {
  if (seen.door === "listing" || seen.door === "replay") return new Set<FileId>();
  const wanted = new Set([...tallies.values()].flatMap(({ files }) => [...files]));
  const signals = sightings.filter(({ change }) => wanted.has(change.file.fileId));
  return unreadSince(
    tx,
    seen.accountId,
    signals.map(({ change, asOf }) => ({ fileId: change.file.fileId, asOf })),
  );
}
