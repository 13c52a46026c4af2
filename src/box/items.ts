import type { Change, FolderFact, VersionFact } from "../core/change.ts";
import { fileId, type FolderId, folderId, ROOT_FOLDER, versionId } from "../core/ids.ts";
import type { BoxFile, BoxFolder, ItemsPage } from "./client.ts";
import { type Fields, fieldsOf, idOf, listOf, sizeOf, textOf, timeOf } from "./json.ts";

/** What `readFile` reads; Box answers only the fields that it is asked for. */
export const FILE_FIELDS = [
  "id",
  "type",
  "name",
  "etag",
  "sequence_id",
  "size",
  "sha1",
  "file_version",
  "version_number",
  "parent",
  "path_collection",
  "item_status",
  "trashed_at",
  "created_at",
  "modified_at",
  "content_created_at",
  "content_modified_at",
  "created_by",
  "modified_by",
];

/** A listing leaves out the way down: it is the same for every row, and known. */
export const ROW_FIELDS = FILE_FIELDS.filter((field) => field !== "path_collection");

export const FOLDER_FIELDS = [
  "id",
  "type",
  "name",
  "parent",
  "path_collection",
  "item_status",
  "trashed_at",
  "is_externally_owned",
  "permissions",
];

export const VERSION_FIELDS = [
  "id",
  "type",
  "sha1",
  "name",
  "size",
  "created_at",
  "modified_at",
  "modified_by",
  "trashed_at",
];

/**
 * A file as Box shows it in an answer, a listing row, a delivery or a user event; `undefined` for
 * anything else. What is odd about it costs its version, never the row: nothing is recorded that
 * PostgreSQL could not keep or that the file contradicts.
 */
export function readFile(raw: unknown): BoxFile | undefined {
  const file = fieldsOf(raw);
  const id = idOf(file["id"]);
  if (file["type"] !== "file" || id === undefined) return undefined;
  const parentId = parentIdOf(file);
  return {
    fileId: fileId(id),
    name: nameOf(file),
    etag: etagOf(file),
    sequence: sequenceOf(file),
    parentId,
    ancestors: readAncestors(file["path_collection"], parentId),
    trashed: isTrashed(file),
    version: readCurrentVersion(file),
  };
}

/** A folder as Box answers it; `undefined` for anything else. */
export function readFolder(raw: unknown): BoxFolder | undefined {
  const folder = fieldsOf(raw);
  const fact = readFolderFact(folder);
  if (folder["type"] !== "folder" || fact === undefined) return undefined;
  const parentId = parentIdOf(folder);
  // The root is the user's own, and in it lies what people of any enterprise share with them, by any role.
  const asked = fact.folderId === ROOT_FOLDER ? {} : folder;
  return {
    ...fact,
    parentId,
    ancestors: readAncestors(folder["path_collection"], parentId) ?? [],
    trashed: isTrashed(folder),
    isExternal: flagOf(asked["is_externally_owned"]),
    mayDownload: flagOf(fieldsOf(asked["permissions"])["can_download"]),
  };
}

const flagOf = (value: unknown) => (typeof value === "boolean" ? value : undefined);

/** The rows of a listing. One that cannot be read is counted, and harms no other. */
export function readItems(rows: unknown[]): Omit<ItemsPage, "nextMarker"> {
  const page: Omit<ItemsPage, "nextMarker"> = { files: [], folders: [], others: 0 };
  for (const row of rows) {
    const file = readFile(row);
    const folder = fieldsOf(row)["type"] === "folder" ? readFolderFact(row) : undefined;
    if (file !== undefined) page.files.push(file);
    else if (folder !== undefined) page.folders.push(folder);
    else page.others++;
  }
  return page;
}

function readFolderFact(raw: unknown): FolderFact | undefined {
  const folder = fieldsOf(raw);
  const id = idOf(folder["id"]);
  return id === undefined ? undefined : { folderId: folderId(id), name: nameOf(folder) };
}

/** The folder that an item lies in, where Box says it; nothing lies above the root. */
export function parentIdOf(item: Fields): FolderId | undefined {
  const id = idOf(fieldsOf(item["parent"])["id"]);
  return id === undefined ? undefined : folderId(id);
}

/**
 * Where a folder lies, when Box says both its name and its parent. Enterprise events spell the name
 * differently and never tell the whole way down.
 */
export function placeOf(folder: Fields): FolderPlace | undefined {
  const name = textOf(folder["name"] ?? folder["item_name"]);
  const parentId = parentIdOf(folder);
  if (!name || parentId === undefined) return undefined;
  return { name, parentId, ancestors: readAncestors(folder["path_collection"], parentId) };
}

type FolderPlace = NonNullable<Extract<Change, { kind: "folder" }>["at"]>;

/**
 * The rows of a file's past versions, without those in the trash, whose content cannot be had. What
 * lacks a fact is counted, for somebody should know.
 */
export function readPastVersions(rows: unknown[]): { versions: VersionFact[]; odd: number } {
  const kept = rows.map(fieldsOf).filter((row) => typeof row["trashed_at"] !== "string");
  const versions = kept
    .map((row) => readVersion(row, row, timeOf(row["created_at"])))
    .filter((version) => version !== undefined);
  return { versions, odd: kept.length - versions.length };
}

/**
 * The change that records this file's version without asking Box, or `undefined` where Box must be
 * asked. Only etag `"0"` says that nothing came before.
 */
export function versionChange(file: BoxFile | undefined): Change | undefined {
  if (file?.version === undefined || file.trashed) return undefined;
  const { fileId, name, parentId, ancestors, etag, sequence, version } = file;
  const mayHaveHistory = etag !== "0";
  return {
    kind: "version",
    file: { fileId, name, parentId, ancestors, etag, sequence, versionId: version.versionId },
    version,
    mayHaveHistory,
  };
}

function readCurrentVersion(file: Fields): VersionFact | undefined {
  const { id, sha1 } = fieldsOf(file["file_version"]);
  const agree = sha1 === undefined || sha1 === null || sha1Of(sha1) === sha1Of(file["sha1"]);
  if (!agree) return undefined;
  return readVersion({ id }, file, timeOf(file["modified_at"]) ?? timeOf(file["created_at"]));
}

/** The version called `named`, as a file or a row of its versions describes it. */
function readVersion(
  named: Fields,
  described: Fields,
  createdAt: Date | undefined,
): VersionFact | undefined {
  const id = idOf(named["id"]);
  const sha1 = sha1Of(described["sha1"]);
  const sizeBytes = sizeOf(described["size"]);
  const name = textOf(described["name"]);
  if (id === undefined || sha1 === undefined || sizeBytes === undefined || !name) return undefined;
  return {
    versionId: versionId(id),
    sha1,
    sizeBytes,
    name,
    uploadedBy: readPerson(described["modified_by"]) ?? readPerson(described["created_by"]),
    createdAt,
    contentCreatedAt: timeOf(described["content_created_at"]),
    contentModifiedAt: timeOf(described["content_modified_at"]),
  };
}

/** Absent for uploads by nobody in particular: Box gives those a user without an id. */
function readPerson(raw: unknown): VersionFact["uploadedBy"] {
  const person = fieldsOf(raw);
  const id = idOf(person["id"]);
  return id === undefined
    ? undefined
    : { id, login: textOf(person["login"]), name: textOf(person["name"]) };
}

/** The way down, if it is whole and leads to the parent: Box cuts it to what the account may see. */
function readAncestors(raw: unknown, parentId: FolderId | undefined): FolderFact[] | undefined {
  const ancestors = listOf(fieldsOf(raw)["entries"])?.map(readFolderFact);
  if (ancestors === undefined) return undefined;
  const whole = ancestors.every((folder) => folder !== undefined);
  const leads = parentId === undefined || ancestors.at(-1)?.folderId === parentId;
  return whole && leads ? ancestors : undefined;
}

function isTrashed(item: Fields): boolean {
  const status = item["item_status"];
  return status === "trashed" || status === "deleted" || typeof item["trashed_at"] === "string";
}

/**
 * Box's change counter, but `"0"` only for a file of which nothing came before. A promoted version
 * brings back the etag of the one it was made from, so that a file with history can stand at `"0"`
 * again (https://developer.box.com/reference/post-files-id-versions-current/); it has been modified
 * since it was created, and its version is numbered above 1 where Box says the number.
 */
function etagOf(file: Fields): string | undefined {
  const etag = Number.isSafeInteger(file["etag"]) ? String(file["etag"]) : textOf(file["etag"]);
  const createdAt = timeOf(file["created_at"])?.getTime();
  const unmodified =
    createdAt !== undefined && createdAt === timeOf(file["modified_at"])?.getTime();
  const first = unmodified && (idOf(file["version_number"]) ?? "1") === "1";
  return etag === "0" && !first ? undefined : etag;
}

/** Some of Box's documents show it as a number. */
function sequenceOf(file: Fields): string | undefined {
  const id = idOf(file["sequence_id"]);
  return id !== undefined && /^\d{1,30}$/.test(id) ? id : undefined;
}

/** A name to show, always: what cannot be kept is replaced by U+FFFD, and then is no fact. */
function nameOf(item: Fields): string {
  const name = item["name"];
  return typeof name === "string" ? name.toWellFormed().replaceAll("\0", "\ufffd") : "";
}

/** Some of Box's documents show it in upper case. */
function sha1Of(value: unknown): string | undefined {
  return typeof value === "string" && /^[0-9a-f]{40}$/i.test(value)
    ? value.toLowerCase()
    : undefined;
}
