import type { FolderFact } from "./change.ts";
import type { FolderId, SourceId } from "./ids.ts";
import type { CompiledMask } from "./mask.ts";

/** What a source asks of a version before the lake keeps it. Absent limits are null. */
export interface SourceRules {
  sourceId: SourceId;
  folderId: FolderId;
  /** Whether files in folders below its folder belong to it too. */
  subfolders: boolean;
  mask: CompiledMask;
  minBytes: number | null;
  maxBytes: number | null;
  /** See `ruleAgainstVersion`. */
  maxAgeDays: number | null;
  /** When the source was registered. */
  since: Date;
}

/** The rule of a source that a version does not meet. */
export type Rule = "subfolders" | "include" | "exclude" | "size" | "age";

/** Where a file lies for one source whose folder is above it. */
export interface Place<Source> {
  source: Source;
  /** Below the source's folder, the file's name last. */
  path: string[];
}

/** What the limits of a source are held against. */
export interface MeasuredVersion {
  sizeBytes: number;
  /** By Box's clock; a version whose time Box does not say is not too old. */
  createdAt: Date | undefined;
  /** When a door first showed it to us. */
  seenAt: Date;
}

/**
 * Every source whose folder is above a file, with the file's path below that folder, whatever the
 * source's rules say of it. `ancestors` run from the top down to the parent.
 */
export function placesOf<Source extends Pick<SourceRules, "folderId">>(
  ancestors: readonly FolderFact[],
  fileName: string,
  sources: readonly Source[],
): Place<Source>[] {
  const names = [...ancestors.map((folder) => folder.name), fileName];
  return sources.flatMap((source) => {
    const at = ancestors.findIndex((folder) => folder.folderId === source.folderId);
    return at === -1 ? [] : [{ source, path: names.slice(at + 1) }];
  });
}

/** The first rule that a version does not meet where its file lies; undefined when it is wanted. */
export const ruleAgainst = (
  rules: SourceRules,
  path: readonly string[],
  version: MeasuredVersion,
): Rule | undefined => ruleAgainstPath(rules, path) ?? ruleAgainstVersion(rules, version);

/** The part that is the same for every version of a file. */
export function ruleAgainstPath(
  { subfolders, mask }: Pick<SourceRules, "subfolders" | "mask">,
  path: readonly string[],
): Rule | undefined {
  if (!subfolders && path.length > 1) return "subfolders";
  const whole = path.join("/");
  if (!mask.includes(whole)) return "include";
  if (mask.excludes(whole)) return "exclude";
  return undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The part that each version answers for itself. Its age is what it was when we first saw it, or when
 * the source was registered if that was later: so time alone never changes the answer.
 */
export function ruleAgainstVersion(
  { minBytes, maxBytes, maxAgeDays, since }: SourceRules,
  { sizeBytes, createdAt, seenAt }: MeasuredVersion,
): Rule | undefined {
  if (sizeBytes < (minBytes ?? 0) || sizeBytes > (maxBytes ?? Infinity)) return "size";
  if (maxAgeDays === null || createdAt === undefined) return undefined;
  const first = Math.max(seenAt.getTime(), since.getTime());
  return first - createdAt.getTime() > maxAgeDays * DAY_MS ? "age" : undefined;
}
