import type { BoxClient } from "../box/client.ts";
import type { FolderFact } from "../core/change.ts";
import { Failure } from "../core/failure.ts";
import { fileId, type FolderId, ROOT_FOLDER } from "../core/ids.ts";
import { Refusal } from "../core/refusal.ts";

/** Box takes nothing else from us that a person could have got wrong, and forgets markers soon. */
const CURSOR = { path: ["cursor"], detail: "is not, or no longer, a cursor of this list" };

export interface FolderPage {
  /** From the top down to the folder itself; on a later page, which is asked for by marker, absent. */
  path: FolderFact[] | undefined;
  folders: FolderFact[];
  /** How many files this page passed by. */
  files: number;
  nextMarker: string | undefined;
}

/**
 * A page of the folders in a folder, for somebody who looks for one: one call to Box, and one more for
 * the way down to it on the first page. Box lists files and folders together, so that a page may
 * hold no folder and still not be the last. Throws `not_found`, saying whom to invite, for what Box does
 * not show, and `invalid` for a marker that it no longer knows.
 */
export async function listFolders(
  box: BoxClient,
  parent: FolderId,
  marker: string | undefined,
  login: string | null,
): Promise<FolderPage> {
  // The root's own name and way down are the same for everybody.
  const atRoot = { folderId: ROOT_FOLDER, name: "All Files" };
  const way = async () => (parent === ROOT_FOLDER ? [atRoot] : wayTo(box, parent, login));
  const path = marker === undefined ? await way() : undefined;
  const { folders, files, nextMarker } = await box.folderItems(parent, marker).catch((error) => {
    if (marker !== undefined && error instanceof Failure && error.kind === "invalid")
      throw new Refusal("Box does not know this cursor", [CURSOR], "Begin again without a cursor.");
    throw error;
  });
  return { path, folders, files: files.length, nextMarker };
}

/**
 * The way down to a folder, itself the last: one call, and a second where Box shows none, to tell a
 * file's id from one that nobody shared. Throws `not_found` with what to do.
 */
export async function wayTo(
  box: BoxClient,
  id: FolderId,
  login: string | null,
): Promise<FolderFact[]> {
  const folder = await box.folder(id);
  if (folder && !folder.trashed)
    return [...folder.ancestors, folder].map(({ folderId, name }) => ({ folderId, name }));
  if (folder)
    throw new Failure("not_found", `The folder ${id} is in the trash`, {
      hint: "Restore it in Box.",
    });
  if (await box.file(fileId(id)))
    throw new Failure("not_found", `${id} is a file, not a folder`, {
      hint: "Choose the folder that it lies in.",
    });
  throw new Failure("not_found", `Box shows this account no folder ${id}`, {
    hint: `Check the id (it stands in the folder's address) and invite ${login ?? "the account"} to the folder as Viewer or above.`,
  });
}
