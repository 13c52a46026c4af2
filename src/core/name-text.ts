import { createHash } from "node:crypto";

/** A folder or file name is shortened beyond this only when the whole name would be too long. */
const SEGMENT_BYTES = 80;

export const bytesOf = (text: string) => Buffer.byteLength(text);

/** Every byte as `%XX`. */
export const percent = (text: string) =>
  [...Buffer.from(text)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");

/** An id in letters, digits, `_` and `%`: Box's are digits, and stay as they are. */
export const escapeId = (id: string) => id.replace(/[^A-Za-z0-9_]/gu, percent).slice(0, 200);

/**
 * Text from Box as a part of one segment: without slashes, control characters and what Google advises
 * against. Lone surrogates have no UTF-8 and become U+FFFD as everywhere.
 */
export const escapeText = (text: string) =>
  text.toWellFormed().replace(/[\p{Cc}\u2028\u2029%#?*[\]/\\]/gu, percent);

/** The same as a segment of its own, which is neither empty nor dots. */
export const escapeSegment = (segment: string) => wholeSegment(escapeText(segment));

/** A segment that GCS takes, of text that is escaped already. */
export function wholeSegment(escaped: string): string {
  if (escaped === "") return "%";
  return escaped === "." || escaped === ".." ? percent(escaped) : escaped;
}

/** Segments joined by slashes, shortened where they take more bytes than there is room. */
export function fit(segments: readonly string[], room: number): string {
  const whole = segments.join("/");
  if (bytesOf(whole) <= room) return whole;
  const shorter = segments.map((segment) => shorten(segment)).join("/");
  if (bytesOf(shorter) <= room) return shorter;
  const cut = `~${hash(whole)}`;
  const kept: string[] = [];
  for (const segment of segments.map((segment) => shorten(segment))) {
    if (bytesOf([...kept, segment, cut].join("/")) > room) break;
    kept.push(segment);
  }
  return [...kept, cut].join("/");
}

/** At most so many bytes, 18 or more, with a hash in place of what was cut. */
export function shorten(text: string, most = SEGMENT_BYTES): string {
  if (bytesOf(text) <= most) return text;
  let kept = "";
  for (const character of text) {
    if (bytesOf(kept) + bytesOf(character) > most - 17) break;
    kept += character;
  }
  return `${kept}~${hash(text)}`;
}

const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
