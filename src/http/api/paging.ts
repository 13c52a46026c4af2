import { z } from "@hono/zod-openapi";
import { cutPage } from "../cut-page.ts";
import { momentText, rowId, text } from "./fields.ts";

const LARGEST_PAGE = 200;
const DEFAULT_PAGE = 50;

/**
 * The parameters of a list. A cursor is the key of the last row seen, wrapped so that nobody builds
 * on its form; `key` says what this list's keys look like.
 */
export const pageOf = <Key extends z.ZodType>(key: Key) => ({
  limit: z.coerce
    .number("is not a number")
    .int("is not a whole number")
    .min(1, "is less than 1")
    .max(LARGEST_PAGE, `is more than ${LARGEST_PAGE}`)
    .default(DEFAULT_PAGE)
    .openapi({ type: "integer", minimum: 1, maximum: LARGEST_PAGE, default: DEFAULT_PAGE }),
  cursor: z
    .string()
    .transform((wrapped, context): z.output<Key> => {
      const found = key.safeParse(unwrap(wrapped));
      if (found.success) return found.data;
      context.addIssue({ code: "custom", message: "is not a cursor of this list" });
      return z.NEVER;
    })
    .optional()
    .openapi({ type: "string", description: "`nextCursor` of the page before" }),
});

/** What lists are ordered by. */
export const byName = text(100);
export const byId = rowId.transform(Number);
export const byTime = z.strictObject({ at: momentText, id: text(100) });

/** The schema of a page of `item`. */
export const pageSchema = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().openapi({ description: "Null on the last page" }),
  });

/** A page out of rows that were read with `limit + 1`, as the API words it. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => unknown,
  toItem: (row: Row) => Item,
) {
  const { shown, last } = cutPage(rows, limit);
  return { items: shown.map(toItem), nextCursor: last === undefined ? null : wrap(keyOf(last)) };
}

const wrap = (key: unknown) => Buffer.from(JSON.stringify(key)).toString("base64url");

function unwrap(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}
