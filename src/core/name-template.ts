import { isPath, type Part, partsOf } from "./name-parts.ts";
import { faultOfNaming } from "./name-proof.ts";
import {
  bytesOf,
  escapeId,
  escapeSegment,
  escapeText,
  fit,
  percent,
  shorten,
  wholeSegment,
} from "./name-text.ts";
import { extensionOf, NAME_BYTES, type NamedVersion } from "./object-name.ts";

/** What a template may name besides the fields of the path template. */
export const NAME_WORDS = [
  "path",
  "fileName",
  "stem",
  "extension",
  "fileId",
  "versionId",
  "date",
  "year",
  "month",
  "day",
  "hour",
] as const;

export interface TemplatedVersion extends NamedVersion {
  /** What the path template read; a field that it did not read is written `_`. */
  fields: Readonly<Record<string, string>>;
  /** When Box made the version. */
  at: Date;
}

/** Names the versions of a source. */
export type NameTemplate = (version: TemplatedVersion) => string;

/** Below the slug, so that with both ids and the ending there is always room for what is cut. */
const LONGEST_TEXT_BYTES = 200;
const MOST_WORDS = 12;
const LONGEST_ID_BYTES = 100;
/** A name or field is shortened to this when nothing else helps. */
const SHORTEST_BYTES = 24;

/**
 * What is wrong with a template for object names, for the person who wrote it; `undefined` when it can be
 * used. `fields` are those of the source's path template. A template under which two versions could
 * share a name is refused, with the reason.
 */
export function faultOfNameTemplate(text: string, fields: readonly string[]): string | undefined {
  if (text.trim() === "") return "is empty";
  const segments = text.split("/").map(partsOf);
  const parts = segments.flat();
  const words = parts.flatMap((part) => ("word" in part ? [part.word] : []));
  const plain = parts.flatMap((part) => ("text" in part ? [part.text] : [])).join("");
  if (/[{}]/.test(plain)) return "has a brace without its pair";
  const odd = /[^\p{L}\p{N} ._=+,@()-]/u.exec(plain)?.[0];
  if (odd !== undefined || !plain.isWellFormed())
    return `holds ${JSON.stringify(odd ?? "half of a character")}: use letters, digits, blanks and . _ = + , @ ( ) -`;
  if (bytesOf(plain) + segments.length > LONGEST_TEXT_BYTES)
    return `holds more than ${LONGEST_TEXT_BYTES} bytes beside its words`;
  if (words.length > MOST_WORDS) return `holds more than ${MOST_WORDS} words in braces`;
  if (segments.some(isDots))
    return "begins or ends with a slash, holds two, or a part of dots alone";
  const known: readonly string[] = NAME_WORDS;
  const unknown = words.find((word) => !known.includes(word) && !fields.includes(word));
  if (unknown !== undefined)
    return `names {${unknown}}, which is neither one of ${NAME_WORDS.join(", ")} nor read by the path template`;
  const doubtful = words.find((word) => known.includes(word) && fields.includes(word));
  if (doubtful !== undefined)
    return `names {${doubtful}}, which the path template reads as well: call its field otherwise`;
  return faultOfNaming(segments);
}

const isDots = (parts: Part[]) => parts.every((part) => "text" in part && /^\.*$/.test(part.text));

/**
 * A template such as `study={study}/{year}/{fileId}-{versionId}{extension}`, as the part of object names
 * below `<prefix>/<slug>/`. It must have passed `faultOfNameTemplate`; then names are total, at most
 * 1024 bytes, and two versions never share one: their ids can be read back from it.
 *
 * `{path}` is the folders below the source's folder, none for a file in the folder itself; `{stem}` the
 * file's name without `{extension}`; dates are those of the version, in UTC. Where a name would be too
 * long, names and fields are shortened first, then the path, with a hash in place of what was cut.
 */
export function compileNameTemplate(text: string): NameTemplate {
  const segments = text.split("/").map(partsOf);
  const hasPath = segments.some(isPath);
  return (version) => {
    const { prefix, slug, path } = version;
    const head = prefix === "" ? slug : `${prefix}/${slug}`;
    const folders = hasPath ? path.slice(0, -1).map(escapeSegment) : [];
    for (const most of [Infinity, 80, SHORTEST_BYTES]) {
      const joined = (below: string) =>
        [head, ...segments.map((parts) => (isPath(parts) ? below : named(parts, version, most)))]
          .filter((part) => part !== "")
          .join("/");
      const room = NAME_BYTES - bytesOf(joined("")) - 1;
      // Whole at first; then whatever is left for the path is enough for a hash of it.
      if (most !== Infinity && room < SHORTEST_BYTES && folders.length > 0) continue;
      const name = joined(most === Infinity ? folders.join("/") : fit(folders, room));
      if (bytesOf(name) <= NAME_BYTES) return name;
    }
    throw new Error("bug: a template that passed its check leaves no room for a name");
  };
}

const named = (parts: readonly Part[], version: TemplatedVersion, most: number) =>
  wholeSegment(parts.map((part) => valueOf(part, version, most)).join(""));

function valueOf(part: Part, version: TemplatedVersion, most: number): string {
  if ("text" in part) return part.text;
  const fileName = version.path.at(-1) ?? "";
  const extension = extensionOf(fileName);
  const free = (text: string) => shorten(escapeText(text), most);
  switch (part.word) {
    case "fileName":
      return free(fileName);
    case "stem":
      return free(fileName.slice(0, fileName.length - extension.length));
    case "extension":
      return extension;
    case "fileId":
      return plainId(version.fileId);
    case "versionId":
      return plainId(version.versionId);
    case "date":
    case "year":
    case "month":
    case "day":
    case "hour":
      return dated(version.at)[part.word];
    default:
      return Object.hasOwn(version.fields, part.word) ? free(version.fields[part.word] ?? "") : "_";
  }
}

/** Without `_`, which templates may set it off by; whatever it was, it is not empty. */
function plainId(id: string): string {
  const plain = wholeSegment(escapeId(id).replaceAll("_", percent));
  return bytesOf(plain) <= LONGEST_ID_BYTES
    ? plain
    : shorten(plain, LONGEST_ID_BYTES).replace("~", "%");
}

/** Of a length that never changes. */
function dated(at: Date) {
  const digits = (value: number, length: number) => String(value).padStart(length, "0");
  const year = digits(Math.min(9999, Math.max(0, at.getUTCFullYear())), 4);
  const month = digits(at.getUTCMonth() + 1, 2);
  const day = digits(at.getUTCDate(), 2);
  return { year, month, day, date: `${year}-${month}-${day}`, hour: digits(at.getUTCHours(), 2) };
}
