import { z } from "@hono/zod-openapi";
import type { SourceProgress } from "../../db/source-progress.ts";
import { boxId, globs, lines, metadata, name, tags, uuid } from "./fields.ts";

const description = lines(2000);
const include = globs.openapi({ description: "Paths that are wanted; without any, all of them" });
const exclude = globs.openapi({ description: "Paths that are not wanted, though included" });

/** What is asked for in a new source. */
export const newSource = z
  .strictObject({
    accountId: uuid,
    name,
    description: description.optional(),
    folderId: boxId.openapi({ description: "It stands in the folder's address at Box" }),
    include: include.default([]),
    exclude: exclude.default([]),
    tags: tags.default([]),
    metadata: metadata.default({}),
  })
  .openapi("NewSource");

/** What may be changed in a source. */
export const sourceEdit = z
  .strictObject({
    name: name.optional(),
    description: description.nullable().optional(),
    include: include.optional(),
    exclude: exclude.optional(),
    tags: tags.optional(),
    metadata: metadata.optional(),
  })
  .openapi("SourceEdit", {
    description:
      "What is left out stays; lists and metadata are replaced whole. Other masks decide everything that is not stored again and walk the folder anew.",
  });

const count = z.int().min(0);
const why = {
  reason: z.string().optional(),
  hint: z.string().optional().openapi({ description: "What to do about it" }),
};

/** A source as it is answered. */
export const source = z
  .object({
    id: z.uuid(),
    accountId: z.uuid(),
    name: z.string(),
    slug: z.string().openapi({ description: "Its part of every object name, for ever" }),
    description: z.string().nullable(),
    folderId: z.string(),
    folderName: z.string(),
    include: z.array(z.string()),
    exclude: z.array(z.string()),
    tags: z.array(z.string()),
    metadata: z.record(z.string(), z.string()),
    state: z.enum(["active", "paused", "deleted"]),
    webhook: z.object({ state: z.enum(["registered", "polled"]), ...why }),
    backfill: z.object({
      state: z.enum(["running", "done", "failed", "waiting"]),
      listed: count.openapi({ description: "Files seen" }),
      matched: count.openapi({ description: "Of these, files that the masks let through" }),
      folders: count,
      startedAt: z.iso.datetime().nullable(),
      finishedAt: z.iso.datetime().nullable(),
      ...why,
    }),
    counts: z.object({
      stored: count,
      pending: count,
      waiting: count,
      givenUp: count,
      withdrawn: count,
      storedBytes: count,
    }),
    lastStoredAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi("Source");

/** A source and how far it is, as the API words it. */
export function toSource(row: SourceProgress): z.infer<typeof source> {
  const { accountName: _, ...rest } = row;
  const { startedAt, finishedAt } = row.backfill;
  return {
    ...rest,
    backfill: {
      ...row.backfill,
      startedAt: startedAt?.toISOString() ?? null,
      finishedAt: finishedAt?.toISOString() ?? null,
    },
    lastStoredAt: row.lastStoredAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
