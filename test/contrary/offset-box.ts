import type { Manner } from "./box.ts";
import { terse } from "./terse-box.ts";

/** Rows of a page at most, whatever was asked for. */
const MOST = 2;

/**
 * A Box that has never heard of markers: whatever it is asked for, a folder comes by offset, in pages shorter than they
 * were asked for, with a count of its rows. https://developer.box.com/guides/api-calls/pagination/offset-based/
 */
export const byOffset: Manner = {
  ...terse,
  items(rows, query, show) {
    const offset = Number(query.get("offset") ?? 0);
    const limit = Math.min(MOST, Number(query.get("limit") ?? MOST));
    const entries = rows.slice(offset, offset + limit).map(show);
    return { total_count: rows.length, entries, offset, limit };
  },
};
