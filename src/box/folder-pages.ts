import { type Fields, sizeOf, textOf } from "./json.ts";

/** Box's most rows a page, of a folder as of a file's versions. */
export const PAGE = 1000;

/** A place in a listing by offset, in the form of a marker. Box's own hold no colon. */
const OFFSET = /^offset:(\d+)$/;

const offsetIn = (marker: string | undefined) => OFFSET.exec(marker ?? "")?.[1];

/** What asks for the page of a folder at a marker; its first without one. */
export function queryOf(marker: string | undefined) {
  const offset = offsetIn(marker);
  if (offset !== undefined) return { limit: PAGE, offset: Number(offset) };
  return { limit: PAGE, usemarker: true, ...(marker === undefined ? {} : { marker }) };
}

/**
 * Where to go on behind a page of a folder; undefined at its end. Whoever pages by marker says a
 * `next_marker`, or at the end an empty one or none. One that counts more rows than it has shown by then, and
 * says none, has not heard of markers and pages by offset: its first page is no end. See
 * https://developer.box.com/guides/api-calls/pagination/offset-based/
 */
export function placeBehind(
  page: Fields,
  rows: number,
  marker: string | undefined,
): string | undefined {
  const next = textOf(page["next_marker"]);
  const offset = offsetIn(marker) ?? (marker === undefined ? 0 : undefined);
  if (next || "next_marker" in page || offset === undefined) return next || undefined;
  // Hidden rows leave pages short: what counts is the limit that was granted.
  const behind = Number(offset) + (sizeOf(page["limit"]) || rows || PAGE);
  return behind < (sizeOf(page["total_count"]) ?? 0) ? `offset:${behind}` : undefined;
}
