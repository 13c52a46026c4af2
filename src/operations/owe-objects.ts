import type { Door, FolderFact } from "../core/change.ts";
import type { FileId, SourceId, VersionId } from "../core/ids.ts";
import {
  type Place,
  placesOf,
  type Rule,
  ruleAgainstPath,
  ruleAgainstVersion,
} from "../core/membership.ts";
import { objectName } from "../core/object-name.ts";
import { type OwedObject, oweObjects, type Sweep } from "../db/debts.ts";
import { keyOf, type KnownVersion, knownVersions } from "../db/facts.ts";
import type { LiveSource } from "../db/masks.ts";
import type { Queryable } from "../db/open.ts";
import { enqueue, type Job, type QueueOrder } from "./enqueue.ts";

/** A file in a place: what decides which sources want it. */
export interface Placed {
  fileId: FileId;
  name: string;
  /** From the top down to its folder. */
  way: FolderFact[];
}

/** A version that was seen there. */
export interface PlacedVersion extends Placed {
  versionId: VersionId;
}

/** What one source makes of the versions that were seen, each counted once. */
export interface Tally {
  matched: number;
  matchedBytes: number;
  /** Of the matched, those that the lake did not owe or keep before. */
  missing: number;
  /** Those that are not wanted, by the first rule against them. */
  skipped: Partial<Record<Rule, number>>;
  /** The files of what matched, and those of which only another size is wanted: other versions may have it. */
  files: Set<FileId>;
  /** The latter. */
  unfit: Set<FileId>;
}

export interface Owing {
  door: Door;
  /** Of object names, for sources without one of their own. */
  prefix: string;
  queue: QueueOrder;
  sweep: Sweep | undefined;
}

export interface Owed {
  /** How many objects were not owed before. */
  objects: number;
  /** The sources that were not owed a version before, by `file/version`. */
  newTo: Map<string, SourceId[]>;
  tallies: Map<SourceId, Tally>;
}

/**
 * Owes every known version of every placed file to every source that wants it there, and counts what
 * the sources make of the versions that were seen. Of two places of one file the later is its path;
 * what is wanted by either is wanted.
 */
export async function owe(
  tx: Queryable,
  { door, prefix, queue, sweep }: Owing,
  sources: LiveSource[],
  elsewhere: readonly Placed[],
  seen: readonly PlacedVersion[],
): Promise<Owed> {
  const places = wantedPlaces([...elsewhere, ...seen], sources);
  const known = new Map<string, KnownVersion>();
  const owed: OwedObject[] = [];
  for (const version of await knownVersions(tx, [...places.keys()])) {
    known.set(keyOf(version), version);
    for (const { source, path } of places.get(version.fileId) ?? []) {
      if (version.sources.includes(source.sourceId)) continue;
      if (ruleAgainstVersion(source, version)) continue;
      const { fileId, versionId } = version;
      owed.push({
        ...describeIn(source, path, version, prefix),
        sourceId: source.sourceId,
        fileId,
        versionId,
      });
    }
  }
  const { priority, runAt } = queue;
  const added = await oweObjects(tx, owed, { door, priority, sweep });
  await enqueue(
    tx,
    added.map((objectId, nth): Job => ({
      task: "store_version",
      payload: { objectId },
      priority,
      runAt: runAt?.(nth),
    })),
  );
  return {
    objects: added.length,
    newTo: sourcesByVersion(owed),
    tallies: tally(seen, sources, known),
  };
}

function sourcesByVersion(owed: readonly OwedObject[]) {
  const newTo = new Map<string, SourceId[]>();
  for (const one of owed) newTo.set(keyOf(one), [...(newTo.get(keyOf(one)) ?? []), one.sourceId]);
  return newTo;
}

/** The places of each file in which some source wants it, whatever its version. */
function wantedPlaces(placed: Placed[], sources: LiveSource[]) {
  const places = new Map<FileId, Place<LiveSource>[]>();
  for (const { fileId, name, way } of placed) {
    const found = placesOf(way, name, sources).filter(
      ({ source, path }) => !ruleAgainstPath(source, path),
    );
    if (found.length === 0) continue;
    const before = places.get(fileId) ?? [];
    const others = before.filter((old) => !found.some((now) => now.source === old.source));
    places.set(fileId, [...others, ...found]);
  }
  return places;
}

/** What a version is called in the lake for a source, and what its path tells. */
export function describeIn(
  source: LiveSource,
  path: string[],
  { fileId, versionId, createdAt, seenAt }: Omit<KnownVersion, "sources">,
  prefix: string,
): Pick<OwedObject, "name" | "path" | "pathFields" | "misfit"> {
  const { slug, pathTemplate, nameTemplate } = source;
  const reading = pathTemplate?.read(path.slice(0, -1));
  const named = { prefix: source.prefix ?? prefix, slug, path, fileId, versionId };
  const templated = { ...named, fields: reading?.fields ?? {}, at: createdAt ?? seenAt };
  return {
    name: nameTemplate ? nameTemplate(templated) : objectName(named),
    path: path.join("/"),
    pathFields: reading?.fields,
    misfit: reading?.misfit,
  };
}

function tally(
  seen: readonly PlacedVersion[],
  sources: LiveSource[],
  known: ReadonlyMap<string, KnownVersion>,
) {
  const tallies = new Map<SourceId, Tally>();
  for (const version of new Map(seen.map((one) => [keyOf(one), one])).values()) {
    for (const { source, path } of placesOf(version.way, version.name, sources)) {
      const counted = tallies.get(source.sourceId) ?? noTally();
      tallies.set(source.sourceId, counted);
      const fact = known.get(keyOf(version));
      const rule = ruleAgainstPath(source, path) ?? (fact && ruleAgainstVersion(source, fact));
      if (rule === undefined || rule === "size") counted.files.add(version.fileId);
      if (rule === "size") counted.unfit.add(version.fileId);
      if (rule) counted.skipped[rule] = (counted.skipped[rule] ?? 0) + 1;
      if (rule || !fact) continue;
      counted.matched++;
      counted.matchedBytes += fact.sizeBytes;
      if (!fact.sources.includes(source.sourceId)) counted.missing++;
    }
  }
  return tallies;
}

const noTally = (): Tally => ({
  matched: 0,
  matchedBytes: 0,
  missing: 0,
  skipped: {},
  files: new Set(),
  unfit: new Set(),
});
