import type { AccountId, FileId, SourceId, VersionId } from "./ids.ts";

/** The three that say whose object it is are always there; the rest describes. */
export type ObjectMetadata = {
  "box-file-id": string;
  "box-version-id": string;
  "longshore-source-id": string;
} & Record<string, string>;

/** What is known about an object when it is stored. */
export interface ObjectFacts {
  fileId: FileId;
  versionId: VersionId;
  sourceId: SourceId;
  accountId: AccountId;
  /** As people call it. */
  sourceName: string;
  sha1: string;
  sizeBytes: number;
  /** Below the source folder, the file name included; as Box writes it, without any change. */
  path: string;
  uploadedBy?: { id: string; login?: string | undefined } | undefined;
  createdAt?: Date | undefined;
  contentCreatedAt?: Date | undefined;
  contentModifiedAt?: Date | undefined;
  tags: string[];
  /** The source's own entries; each is written under `meta-<key>`. */
  metadata: Record<string, string>;
  /** What its path template read: written alike, in place of an entry of the source with that key. */
  pathFields: Record<string, string>;
  /** Why the path does not fit the template. */
  misfit: string | undefined;
  /** When a door first showed us the version. */
  seenAt: Date;
}

/** Keys and values of one object together, in bytes: https://cloud.google.com/storage/quotas#objects */
export const METADATA_LIMIT_BYTES = 8192;

/** Written only when something was cut, and names it: keys, with `meta` for every `meta-…`. */
const CUT_KEY = "longshore-cut";

type Entry = readonly [key: string, value: string];

/**
 * The custom metadata of an object, never above GCS's 8 KiB: the same facts give the same metadata.
 *
 * Identity (ids of file, version, source and account, SHA-1, size, the time it was seen) is always
 * there whole. The room that is left is given in this order, and an entry that no longer fits is
 * left out whole: Box's times, who uploaded it (id, then login), the source's name, why its path does
 * not fit, its tags (a JSON array), its metadata in the order of their keys. The path comes last and is
 * shortened at its beginning to what still fits: its end, the file's name, says more, and it is the
 * only entry without a bound of its own. `cut` holds the keys that were left out or shortened, and
 * the metadata says so under `longshore-cut`; without a cut that key is absent.
 */
export function describeObject(facts: ObjectFacts): { metadata: ObjectMetadata; cut: string[] } {
  const identity = {
    "box-file-id": facts.fileId,
    "box-version-id": facts.versionId,
    "box-sha1": facts.sha1,
    "box-size": String(facts.sizeBytes),
    "longshore-account-id": facts.accountId,
    "longshore-source-id": facts.sourceId,
    "longshore-seen-at": facts.seenAt.toISOString(),
  };
  const described = describing(facts).map(([key, value]) => [key, wellFormed(value)] as const);
  const path = ["box-path", wellFormed(facts.path)] as const;

  const room = METADATA_LIMIT_BYTES - bytesOfEntries(Object.entries(identity));
  if (bytesOfEntries([...described, path]) <= room)
    return { metadata: { ...identity, ...Object.fromEntries([...described, path]) }, cut: [] };

  const cut: string[] = [];
  const kept: Record<string, string> = {};
  let left = room - bytesOfEntries([[CUT_KEY, longestNote(described)]]);
  for (const entry of described) {
    if (bytesOfEntries([entry]) > left) {
      cut.push(entry[0]);
      continue;
    }
    kept[entry[0]] = entry[1];
    left -= bytesOfEntries([entry]);
  }
  const shortened = endOf(path[1], left - Buffer.byteLength(path[0]));
  if (shortened !== path[1]) cut.push(path[0]);
  if (shortened !== "") kept[path[0]] = shortened;
  return { metadata: { ...identity, ...kept, [CUT_KEY]: note(cut) }, cut };
}

/** In the order in which they are given room. */
function describing(facts: ObjectFacts): Entry[] {
  const metadata = { ...facts.metadata, ...facts.pathFields };
  const entries: (readonly [string, string | undefined])[] = [
    ["box-created-at", facts.createdAt?.toISOString()],
    ["box-content-created-at", facts.contentCreatedAt?.toISOString()],
    ["box-content-modified-at", facts.contentModifiedAt?.toISOString()],
    ["box-uploaded-by-id", facts.uploadedBy?.id],
    ["box-uploaded-by-login", facts.uploadedBy?.login],
    ["longshore-source", facts.sourceName],
    ["longshore-misfit", facts.misfit],
    ["longshore-tags", facts.tags.length > 0 ? JSON.stringify(facts.tags) : undefined],
    ...Object.keys(metadata)
      .sort()
      .map((key): Entry => [`meta-${wellFormed(key)}`, metadata[key] ?? ""]),
  ];
  return entries.filter((entry): entry is Entry => entry[1] !== undefined);
}

/** Half of a surrogate pair has no UTF-8 form; Box's names may hold one, GCS would refuse it. */
const wellFormed = (text: string) => text.toWellFormed();

const bytesOfEntries = (entries: readonly Entry[]) =>
  entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);

/** Operators' own keys are many and long, so they share one word. */
function note(cut: string[]): string {
  return [...new Set(cut.map((key) => (key.startsWith("meta-") ? "meta" : key)))].join(",");
}

const longestNote = (described: readonly Entry[]) =>
  note([...described.map(([key]) => key), "box-path"]);

/** The longest end of `text` that takes at most `bytes` and splits no character. */
function endOf(text: string, bytes: number): string {
  if (bytes <= 0) return "";
  const whole = Buffer.from(text);
  let start = Math.max(0, whole.length - bytes);
  // Bytes 10xxxxxx continue a character in UTF-8.
  while (start < whole.length && ((whole[start] ?? 0) & 0xc0) === 0x80) start++;
  return whole.toString("utf8", start);
}
