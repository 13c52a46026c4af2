import type { FolderFact } from "./change.ts";
import type { FolderId, SourceId } from "./ids.ts";

export interface SourceMask {
  sourceId: SourceId;
  folderId: FolderId;
  /** Compiled by `compileMask`. */
  matches: (path: string) => boolean;
}

export interface Place {
  sourceId: SourceId;
  /** Below the source folder, the file's name last. */
  path: string[];
}

/**
 * The sources that a file belongs to, by where it lies and what it is called: every source whose
 * folder is among its ancestors and whose masks let the path through. `ancestors` run from the top
 * down to the parent.
 */
export function placesOf(
  ancestors: readonly FolderFact[],
  fileName: string,
  sources: readonly SourceMask[],
): Place[] {
  const names = [...ancestors.map((folder) => folder.name), fileName];
  return sources.flatMap((source) => {
    const at = ancestors.findIndex((folder) => folder.folderId === source.folderId);
    if (at === -1) return [];
    const path = names.slice(at + 1);
    return source.matches(path.join("/")) ? [{ sourceId: source.sourceId, path }] : [];
  });
}
