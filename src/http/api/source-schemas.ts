import { z } from "@hono/zod-openapi";
import { NAME_WORDS } from "../../core/name-template.ts";
import {
  boxFolderId,
  globs,
  lines,
  metadata,
  name,
  pathTemplate,
  tags,
  text,
  uuid,
} from "./fields.ts";

const description = lines(2000);
const include = globs.openapi({ description: "Paths that are wanted; without any, all of them" });
const exclude = globs.openapi({ description: "Paths that are not wanted, though included" });
const bytes = z.int("is not a whole number").min(0, "is less than 0");
const days = z
  .int("is not a whole number")
  .min(1, "is less than 1")
  .max(36_500, "is more than 36500");

/** What decides which versions a source wants, and what is read from their paths. */
const asked = {
  include: include.optional(),
  exclude: exclude.optional(),
  subfolders: z.boolean().optional().openapi({
    description: "Whether files in folders below the folder belong to it too; true unless said",
  }),
  minBytes: bytes.nullable().optional().openapi({ description: "Only versions of at least this" }),
  maxBytes: bytes.nullable().optional().openapi({ description: "Only versions of at most this" }),
  maxAgeDays: days.nullable().optional().openapi({
    description:
      "Only versions that Box made no more days before we first saw them, or before the source was registered if that was later. What was owed once is not withdrawn for its age",
  }),
  history: z.enum(["current", "all"]).optional().openapi({
    description:
      "What a backfill takes: each file's current version, or its past ones too. Versions made later are always kept",
  }),
  pathTemplate: pathTemplate.nullable().optional().openapi({
    description:
      "Reads metadata from the folders below the folder: `{field}` in a folder's name, `*` for any folder, `**` for any number. What does not fit is kept all the same, and flagged",
    example: "{study}/{project}/{instrument}/**",
  }),
  tags: tags.optional(),
  metadata: metadata.optional().openapi({
    description: "Written with each object. What the path template reads stands in its place",
  }),
};

/** Fixed with the registration, as they are in every object's name or place. */
const fixed = {
  nameTemplate: z
    .string()
    .max(500, "is longer than 500 characters")
    .nullable()
    .optional()
    .openapi({
      description: `Object names below the slug, of text and {words}: ${NAME_WORDS.join(", ")}, and the fields of the path template. Refused when two versions could share a name. Null is the usual name`,
      example: "{study}/{year}/{month}/{fileId}-{versionId}{extension}",
    }),
  bucket: text(222).optional().openapi({
    description:
      "With `prefix` one of the places that LAKE_ALLOWED lists; the lake's own unless said",
  }),
  prefix: z.string().max(200, "is longer than 200 characters").optional(),
};

/** What is asked for in a new source. */
export const newSource = z
  .strictObject({
    accountId: uuid,
    name,
    description: description.optional(),
    folderId: boxFolderId.openapi({ description: "It stands in the folder's address at Box" }),
    ...asked,
    include: include.default([]),
    exclude: exclude.default([]),
    tags: tags.default([]),
    metadata: metadata.default({}),
    ...fixed,
  })
  .openapi("NewSource");

/** Never sent: to name them says why. */
const unchangeable = z
  .never(
    "is fixed when a source is registered, since object names and places never change: register another source",
  )
  .optional()
  .openapi({ type: "string", readOnly: true, description: "Cannot be changed" });

/** What may be changed in a source. */
const changes = {
  name: name.optional(),
  description: description.nullable().optional(),
  ...asked,
};

export const sourceEdit = z
  .strictObject({
    ...changes,
    accountId: unchangeable,
    folderId: unchangeable,
    slug: unchangeable,
    nameTemplate: unchangeable,
    bucket: unchangeable,
    prefix: unchangeable,
  })
  .openapi("SourceEdit", {
    description:
      "What is left out stays; lists and metadata are replaced whole, and null takes a limit away. Other masks and limits decide everything that is not stored again and backfill the folder anew, as does a history that is wanted now; another path template reads the paths of what is not stored again. What is stored stays. `POST /api/sources/preview` says beforehand what would change.",
  });

/** The same fields without those that cannot be changed. */
export const editedFields = changes;
export const fixedFields = fixed;
