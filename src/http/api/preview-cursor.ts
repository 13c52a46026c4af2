import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "@hono/zod-openapi";
import { folderId } from "../../core/ids.ts";
import type { Preview, PreviewFolder } from "../../operations/preview-source.ts";
import { boxId } from "./fields.ts";
import type { preview } from "./preview-schemas.ts";

/** What is left to list, so that it comes back in a body below its limit; wider trees are cut, and say so. */
const WIDEST_FRONTIER = 10_000;
const LARGEST_CURSOR_BYTES = 16 << 20;

/** Where a preview goes on: the folders that are left, and of which source they are. */
export type PreviewCursor = z.infer<typeof cursor>;
const cursor = z.strictObject({
  /** Of which folder it goes on. */
  folderId: z.string(),
  slug: z.string(),
  leftOut: z.int().min(0),
  frontier: z.array(
    z
      .strictObject({ folderId: boxId, below: z.array(z.string()), marker: z.string().optional() })
      .transform((folder): PreviewFolder => ({ ...folder, folderId: folderId(folder.folderId) })),
  ),
});

/** Undefined for what is no cursor of ours. */
export function readCursor(text: string): PreviewCursor | undefined {
  try {
    const bytes = inflateRawSync(Buffer.from(text, "base64url"), {
      maxOutputLength: LARGEST_CURSOR_BYTES,
    });
    return cursor.safeParse(JSON.parse(bytes.toString())).data;
  } catch {
    return undefined;
  }
}

const writeCursor = (left: z.input<typeof cursor>) =>
  deflateRawSync(JSON.stringify(left)).toString("base64url");

/** What was found, and where to go on; `before` is what earlier answers left out. */
export function toPreview(
  found: Preview,
  { folderId, slug }: Pick<PreviewCursor, "folderId" | "slug">,
  before: number,
): Omit<z.infer<typeof preview>, "edit"> {
  const { frontier, verdicts, items, ...counts } = found;
  const { wanted = NONE, incomplete = NONE, ...skipped } = verdicts;
  const kept = frontier.slice(-WIDEST_FRONTIER);
  const leftOut = before + frontier.length - kept.length;
  const left = { folderId, slug, leftOut, frontier: kept };
  return {
    ...counts,
    complete: frontier.length === 0 && leftOut === 0,
    nextCursor: kept.length === 0 ? null : writeCursor(left),
    foldersLeftOut: leftOut,
    wanted,
    skipped,
    incomplete,
    items,
  };
}

const NONE = { files: 0, bytes: 0 };
