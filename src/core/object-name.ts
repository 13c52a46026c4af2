import { createHash } from "node:crypto";
import type { FileId, VersionId } from "./ids.ts";

/** GCS's limit for a name in UTF-8. */
const NAME_BYTES = 1024;
/** A folder or file name is shortened beyond this only when the whole name would be too long. */
const SEGMENT_BYTES = 80;

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
  const room = NAME_BYTES - bytes(head) - bytes(tail) - 2;
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

const bytes = (text: string) => Buffer.byteLength(text);
const percent = (text: string) =>
  [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");

const escapeId = (id: string) => id.replace(/[^A-Za-z0-9_]/gu, percent).slice(0, 200);

/** Lone surrogates have no UTF-8 and become U+FFFD as everywhere; the ids still tell names apart. */
function escapeSegment(segment: string): string {
  const escaped = segment.toWellFormed().replace(/[\p{Cc}\u2028\u2029%#?*[\]/\\]/gu, percent);
  if (escaped === "") return "%";
  return escaped === "." || escaped === ".." ? percent(escaped) : escaped;
}

function fit(segments: string[], room: number): string {
  const whole = segments.join("/");
  if (bytes(whole) <= room) return whole;
  const shorter = segments.map(shorten).join("/");
  if (bytes(shorter) <= room) return shorter;
  const cut = `~${hash(whole)}`;
  const kept: string[] = [];
  for (const segment of segments.map(shorten)) {
    if (bytes([...kept, segment, cut].join("/")) > room) break;
    kept.push(segment);
  }
  return [...kept, cut].join("/");
}

function shorten(segment: string): string {
  if (bytes(segment) <= SEGMENT_BYTES) return segment;
  let kept = "";
  for (const character of segment) {
    if (bytes(kept) + bytes(character) > SEGMENT_BYTES - 17) break;
    kept += character;
  }
  return `${kept}~${hash(segment)}`;
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
