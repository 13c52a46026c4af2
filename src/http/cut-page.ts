/**
 * The page that a list shows, out of rows that were read with one more than `limit`: the extra one only
 * tells that there is more. `last` is what the next page comes after; undefined where there is none.
 */
export function cutPage<Row>(
  found: readonly Row[],
  limit: number,
): { shown: Row[]; last: Row | undefined } {
  const shown = found.slice(0, limit);
  return { shown, last: found.length > limit ? shown.at(-1) : undefined };
}
