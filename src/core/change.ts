import type { FileId, FolderId, VersionId } from "./ids.ts";

/** How a change was noticed. */
export const DOORS = ["webhook", "events", "listing", "replay"] as const;
export type Door = (typeof DOORS)[number];

/** A folder on the way from the top of what the account sees down to a file. */
export interface FolderFact {
  folderId: FolderId;
  name: string;
}

/** Where a file was when Box spoke of it. */
export interface FileFact {
  fileId: FileId;
  name: string;
  /** Absent when the account sees the file but not the folder it lies in. */
  parentId: FolderId | undefined;
  /** From the top down to the parent; absent when Box did not say (a listing row, for one). */
  ancestors: FolderFact[] | undefined;
  /** Box's change counter of the file, as text. Only `"0"` says something: nothing came before. */
  etag: string | undefined;
  /**
   * Box's `sequence_id` of the file, digits that grow with every change of it: what orders news of one second.
   * https://developer.box.com/reference/resources/file/
   */
  sequence?: string | undefined;
  /** Its current version, where Box said which one that is. */
  versionId?: VersionId | undefined;
}

/** One immutable content of a file. Size and SHA-1 are what a download must match. */
export interface VersionFact {
  versionId: VersionId;
  /** Lower-case hexadecimal. */
  sha1: string;
  sizeBytes: number;
  /** The file's name when this version was seen. */
  name: string;
  uploadedBy: { id: string; login: string | undefined; name: string | undefined } | undefined;
  /** Box's clock. */
  createdAt: Date | undefined;
  /** The uploader's own clock: may be years before the upload, so it orders nothing. */
  contentCreatedAt: Date | undefined;
  contentModifiedAt: Date | undefined;
}

/** What a door saw, in our own words. `recordChanges` is the only reader. */
export type Change =
  /** This version exists here; complete enough to be recorded without asking Box. */
  | { kind: "version"; file: FileFact; version: VersionFact; mayHaveHistory: boolean }
  /**
   * Something happened to this file: read it. `versionId` lets a version recorded already cost
   * nothing, and one that Box drops before it is read be reported, of `sizeBytes` where that was said;
   * `parentId` lets a file outside every source cost nothing.
   */
  | {
      kind: "file";
      fileId: FileId;
      parentId?: FolderId;
      versionId?: VersionId;
      sizeBytes?: number;
      reason: string;
    }
  /**
   * Something happened to this folder: list it. `recursive: false` lists only its own rows.
   * `repeat` lists it again after 1, 5, 15 and 60 minutes, because Box finishes large copies,
   * moves and restores later and says nothing then. `at`, where Box said where it lies, lets a
   * folder outside every source cost nothing.
   */
  | {
      kind: "folder";
      folderId: FolderId;
      at?: { name: string; parentId: FolderId | undefined; ancestors: FolderFact[] | undefined };
      recursive: boolean;
      repeat: boolean;
      reason: string;
    }
  /** The account may see this folder no more. Of concern where it is a source's, or lies above one. */
  | { kind: "hidden"; folderId: FolderId; reason: string };

/** What Box told of versions that nobody has read yet, by their ids: when, and how long they are if it said so. */
export type ToldVersions = Record<VersionId, { at: string; sizeBytes?: number | undefined }>;

/** A change and when Box says it was so: older news never replaces newer. */
export interface News {
  change: Change;
  asOf: Date;
}

/** A version's fact as a door hands it in, for doors that read Box themselves. */
export const versionNews = (
  file: FileFact,
  version: VersionFact,
  asOf: Date,
  mayHaveHistory: boolean,
): News => ({ change: { kind: "version", file, version, mayHaveHistory }, asOf });
