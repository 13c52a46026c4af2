import type { BoxClient, BoxFile } from "../box/client.ts";
import type { VersionFact } from "../core/change.ts";
import type { FileId, VersionId } from "../core/ids.ts";

/** Newer saves while we read are met again; a file saved more often than this has a check coming anyway. */
const ROUNDS = 5;

export interface FileHistory {
  file: BoxFile;
  /** Every version that Box still holds and lets be downloaded, the current one among them. */
  versions: VersionFact[];
  /** Those of `told` that are not among them; none while Box shows too little of the file to say so. */
  lacking: VersionId[];
}

/**
 * A file with all its versions, or `undefined` when Box does not show the file. Box lists only the
 * past ones, so a save between the two readings would hide the version that was current: the file
 * is read again after the list until it stands still. A file at etag 0 has no past and is not asked, unless
 * Box `told` of a version that it does not show.
 */
export async function readHistory(
  box: BoxClient,
  id: FileId,
  signal?: AbortSignal,
  told: readonly VersionId[] = [],
): Promise<FileHistory | undefined> {
  const versions = new Map<VersionId, VersionFact>();
  const lacking = () => told.filter((version) => !versions.has(version));
  let file = await box.file(id, signal);
  for (let round = 0; file && round < ROUNDS; round++) {
    if (file.version) versions.set(file.version.versionId, file.version);
    // Of a file in the trash Box shows the file and refuses its versions.
    if (file.trashed || (file.etag === "0" && lacking().length === 0)) break;
    const past = await box.pastVersions(id, signal);
    for (const version of past) versions.set(version.versionId, version);
    // One reading suffices when nothing past is newer than what was current: no save came between.
    const current: VersionId | undefined = file.version?.versionId;
    if (!past.some((version) => version.versionId === current)) break;
    file = await box.file(id, signal);
  }
  if (!file) return undefined;
  const isWhole = !file.trashed && file.version !== undefined;
  return { file, versions: [...versions.values()], lacking: isWhole ? lacking() : [] };
}
