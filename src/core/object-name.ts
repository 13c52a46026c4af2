import type { FileId, VersionId } from "./ids.ts";
import { bytesOf, escapeId, escapeSegment, fit } from "./name-text.ts";

/** GCS's limit for a name in UTF-8. */
export const NAME_BYTES = 1024;

export interface NamedVersion {
  /** Without slashes at its ends; may be empty. */
  prefix: string;
  slug: string;
  /** Path below the source folder with the file's name last. */
  path: readonly string[];
  fileId: FileId;
  versionId: VersionId;
}

/**
 * The name of a version in the lake:
 * `<prefix>/<slug>/<path below the source folder>/<file name>/<file id>-<version id><ext>`, one
 * folder a file, one object a version.
 *
 * Total over any name that Box allows and over most that it does not; at most 1024 bytes; two
 * versions never share a name, because the slug and the last part alone tell them apart: the ids
 * are escaped so that the dash between them is the only one. The same input always gives the same
 * name. Characters that Google advises against and control characters become `%XX`; a path too
 * long is shortened, with a hash in place of what was cut.
 */
export function objectName(version: NamedVersion): string {
  const { prefix, slug, path, fileId, versionId } = version;
  const fileName = path.at(-1) ?? "";
  const head = prefix === "" ? slug : `${prefix}/${slug}`;
  const tail = `${escapeId(fileId)}-${escapeId(versionId)}${extensionOf(fileName)}`;
  const room = NAME_BYTES - bytesOf(head) - bytesOf(tail) - 2;
  return `${head}/${fit(path.map(escapeSegment), room)}/${tail}`;
}

/**
 * The ending that tells a reader how to open it: `.csv`, `.parquet`, and the pair for compressed
 * files (`.csv.gz`). Empty when the name has none of plain letters and digits.
 */
export function extensionOf(fileName: string): string {
  const found = /(?:\.[A-Za-z0-9]{1,12}(?=\.(?:gz|bz2|xz|zst|zip)$))?\.[A-Za-z0-9]{1,12}$/i.exec(
    fileName,
  );
  return found && found.index > 0 ? found[0] : "";
}

/** A source's part of every object name, from its name: `Plate reader 7` gives `plate-reader-7`. */
export function slugOf(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 48)
    .replace(/-+$/, "");
  return plain === "" ? "source" : plain;
}
