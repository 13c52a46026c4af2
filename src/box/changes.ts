import type { Change } from "../core/change.ts";
import { fileId, folderId } from "../core/ids.ts";

export type FileChange = Extract<Change, { kind: "file" }>;
export type FolderChange = Extract<Change, { kind: "folder" }>;

/** A file that Box must be asked about, for what happened to it. */
export const lookAtFile = (id: string, reason: string): FileChange => ({
  kind: "file",
  fileId: fileId(id),
  reason,
});

/** A folder whose own rows are to be listed, once. */
export const listFolder = (id: string, reason: string): FolderChange => ({
  kind: "folder",
  folderId: folderId(id),
  recursive: false,
  repeat: false,
  reason,
});

/** A folder to be listed with all below it; `repeat` for what Box finishes later without saying so. */
export const walkTree = (
  id: string,
  reason: string,
  { repeat }: Pick<FolderChange, "repeat">,
): FolderChange => ({ ...listFolder(id, reason), recursive: true, repeat });
