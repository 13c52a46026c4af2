import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "@hono/zod-openapi";
import { folderId } from "../../core/ids.ts";
import { OBJECT_STATES } from "../../db/version-search.ts";
import type { Preview, PreviewFolder } from "../../operations/preview-source.ts";
import { boxFolderId, boxId, uuid } from "./fields.ts";
import { editedFields, fixedFields } from "./source-schemas.ts";

const MOST_CALLS = 50;
const MOST_ITEMS = 1000;
/** What is left to list, so that it comes back in a body below its limit; wider trees are cut, and say so. */
const WIDEST_FRONTIER = 10_000;
const LARGEST_CURSOR_BYTES = 16 << 20;

/** What is tried: an edit of the source `sourceId`, or everything about a new one. */
export const previewRequest = z
  .strictObject({
    sourceId: uuid.optional().openapi({ description: "The saved source that is to be edited" }),
    accountId: uuid.optional().openapi({ description: "Of a new source" }),
    folderId: boxFolderId.optional().openapi({ description: "Of a new source" }),
    ...editedFields,
    ...fixedFields,
    calls: z
      .int("is not a whole number")
      .min(1, "is less than 1")
      .max(MOST_CALLS, `is more than ${MOST_CALLS}`)
      .default(10)
      .openapi({ description: "How many calls to Box may be made; the first looks at the folder" }),
    items: z
      .int("is not a whole number")
      .min(0, "is less than 0")
      .max(MOST_ITEMS, `is more than ${MOST_ITEMS}`)
      .default(100)
      .openapi({
        description:
          "How many files of each verdict are told one by one. A call lists at most 1000: with `calls` of 1 and `items` of 1000 every file is told",
      }),
    cursor: z
      .string()
      .max(1 << 20)
      .optional()
      .openapi({
        description:
          "`nextCursor` of the answer before, with the same source; good for a short time only",
      }),
  })
  .openapi("PreviewRequest");

const count = z.int().min(0);
const sum = z.object({ files: count, bytes: count });
const objects = z.object({ objects: count, bytes: count });

export const preview = z
  .object({
    complete: z.boolean().openapi({
      description: "Nothing is left to list: together with the answers before, these are all files",
    }),
    nextCursor: z.string().nullable(),
    boxCalls: count,
    foldersListed: count,
    foldersPassed: count.openapi({
      description: "Folders below that were not entered, since the source wants no subfolders",
    }),
    foldersLeftOut: count.openapi({
      description:
        "Folders that no cursor holds, since the tree is too wide: then it is never complete",
    }),
    notFiles: count.openapi({ description: "Web links, and whatever else is no file" }),
    wanted: sum,
    newlyOwed: sum.openapi({ description: "Of the wanted, what the source has no object of" }),
    misfits: count.openapi({ description: "Of the wanted, whose path does not fit the template" }),
    skipped: z.record(z.string(), sum).openapi({
      description: "By the first rule against them: include, exclude, size or age",
    }),
    incomplete: sum.openapi({ description: "Box's listing does not tell enough of these" }),
    items: z.array(
      z.object({
        fileId: z.string(),
        path: z.string(),
        verdict: z.enum([
          "wanted",
          "subfolders",
          "include",
          "exclude",
          "size",
          "age",
          "incomplete",
        ]),
        why: z.string().optional().openapi({ description: "Why it is not wanted" }),
        sizeBytes: count.optional(),
        name: z.string().optional().openapi({
          description:
            "Its object's name, as it would be now. Of a new source that says no name it has the slug `source`",
        }),
        pathFields: z.record(z.string(), z.string()),
        misfit: z.string().optional(),
        state: z
          .enum(OBJECT_STATES)
          .nullable()
          .openapi({ description: "Of the source's object; null when it was never owed" }),
      }),
    ),
    edit: z
      .object({
        withdrawn: objects.openapi({ description: "Owed now, and no longer wanted" }),
        owedAgain: objects.openapi({ description: "Withdrawn before, and wanted again" }),
        reread: count.openapi({ description: "Not stored, and its path would be read otherwise" }),
        storedUntouched: count.openapi({ description: "Stored, and left as it is" }),
        backfills: z.string().optional().openapi({
          description: "Why the folder would be backfilled anew; absent when it would not",
        }),
      })
      .optional()
      .openapi({ description: "What the edit would do to what is on record, on the first answer" }),
  })
  .openapi("Preview");

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
