import { z } from "@hono/zod-openapi";
import { OBJECT_STATES } from "../../db/version-search.ts";
import { boxFolderId, uuid } from "./fields.ts";
import { editedFields, fixedFields } from "./source-schemas.ts";

const MOST_CALLS = 50;
const MOST_ITEMS = 1000;

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

/** What would become of it, as it is answered. */
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
