import { isBoxId } from "../core/ids.ts";

/**
 * Box's JSON as it was written: an integer beyond 2^53 (a stream position, most of all) becomes its
 * own digits as text, because a JavaScript number would round it. Throws on anything that is not
 * JSON, and on nesting so deep that no stack holds it.
 */
export function parseJson(text: string): unknown {
  // Looking at every value costs five times the parsing, at the door of the webhooks most of all.
  if (text.length <= SHALLOW_CHARS && !LONG_INTEGER.test(text)) return JSON.parse(text);
  return parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
      ? source
      : value,
  );
}

/** Integers below 16 digits are exact. What stands in front tells most of those in strings apart. */
const LONG_INTEGER = /(?:^|[[:,\s])-?\d{16}/;

/** Whatever is nested in so little is not too deep; `JSON.parse` alone takes any depth without a word. */
const SHALLOW_CHARS = 8192;

/** Node 24 hands the reviver the source text of every primitive; the types do not say so yet. */
const parse = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

export type Fields = Readonly<Record<string, unknown>>;

/** An object's fields; none for anything that is not an object (Box writes `[]` for an empty one). */
export function fieldsOf(value: unknown): Fields {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : {};
}

/** The entries of a list; undefined for anything else. */
export function listOf(value: unknown): unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** Text that PostgreSQL can keep: no NUL and no half of a surrogate pair. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value.isWellFormed() && !value.includes("\0")
    ? value
    : undefined;
}

/**
 * An event's own id. Box's have 32 to 40 characters; one of thousands would not fit into an index,
 * and the page that holds it could never be kept.
 */
export function eventIdOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && text !== "" && text.length <= 200 ? text : undefined;
}

/** A Box id. Some of Box's documents show ids as numbers. */
export function idOf(value: unknown): string | undefined {
  const text = Number.isSafeInteger(value) ? String(value) : value;
  return typeof text === "string" && isBoxId(text) ? text : undefined;
}

/** A count of bytes that a number holds exactly. */
export function sizeOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * A moment in RFC 3339 with its offset; `Date` alone would take much else for one. An uploader's
 * program may write the ends of its calendar, which an offset moves into the year 0 or 10000:
 * PostgreSQL reads neither, so those are no moments.
 */
export function timeOf(value: unknown): Date | undefined {
  if (typeof value !== "string" || !RFC_3339.test(value)) return undefined;
  const time = new Date(value);
  const year = time.getUTCFullYear();
  return year >= 1 && year <= 9999 ? time : undefined;
}
