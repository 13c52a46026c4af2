import { z } from "@hono/zod-openapi";
import { faultOfGlob } from "../../core/mask.ts";
import { FIELD_NAME, faultOfPathTemplate } from "../../core/path-template.ts";

/**
 * Text that PostgreSQL and every log can hold: no control characters, no half of a surrogate pair.
 * Blanks at its ends are taken away.
 */
export const text = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, "is empty")
    .max(longest, `is longer than ${longest} characters`)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), "holds control characters");

/** The same with line breaks, and it may be empty. */
export const lines = (longest: number) =>
  z
    .string()
    .max(longest, `is longer than ${longest} characters`)
    .refine(
      (value) => value.isWellFormed() && !/[^\P{Cc}\n\r\t]/u.test(value),
      "holds control characters",
    );

export const name = text(100).openapi({ description: "Unique whatever its case" });

/** Ids of ours that are UUIDs, however they are written. */
export const uuid = z
  .guid({ error: ({ input }) => (input === undefined ? "is missing" : "is not an id") })
  .transform((id) => id.toLowerCase())
  .openapi({ type: "string", format: "uuid" });

/** Ids of ours that are numbers, as text; so many digits fit PostgreSQL's bigint. */
export const rowId = z.string().regex(/^\d{1,18}$/, "is not an id");

/** Box writes its ids in decimal digits. */
export const boxId = z.string().regex(/^\d{1,30}$/, "is not a Box id: expected digits");

/** The same for a folder, of which people have the address at hand. */
export const boxFolderId = z
  .string()
  .regex(/^\d{1,30}$/, "is not a Box id: expected the digits that end the folder's address at Box");

/** A moment with its zone, as PostgreSQL can take it: a year of four digits, and not before 1970. */
export const momentText = z.iso
  .datetime({ offset: true, error: "is not a time: expected 2026-01-31T12:00:00Z" })
  .refine((value) => !(Date.parse(value) < 0), "is before 1970");

/** The same as a `Date`. */
export const moment = momentText
  .transform((value) => new Date(value))
  .openapi({
    type: "string",
    format: "date-time",
  });

/** Text that is sound when `faultOf` finds nothing. */
const sound = (faultOf: (text: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const fault = value.isWellFormed() ? faultOf(value) : "holds half of a character";
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });

const glob = sound(faultOfGlob);
export const pathTemplate = sound(faultOfPathTemplate);

/** Well below what would make deciding a page of a thousand names slow. */
export const globs = z
  .array(glob)
  .max(100, "holds more than 100 globs")
  .openapi({
    description: "Globs over the path below the folder, whatever its case (picomatch)",
    example: ["**/*.csv"],
  });

export const tags = z.array(text(100)).max(50, "holds more than 50 tags");

const METADATA_KEYS = 50;
const metadataKey = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, "is not a key: 1 to 64 of A-Z a-z 0-9 _ . -");

/** Of a path template and of the organisation: narrower than keys have been. */
export const fieldName = z
  .string()
  .regex(FIELD_NAME, "is not a name: 1 to 64 of A-Z a-z 0-9 _ . -, the first a letter or digit");

/** Together with what Longshore adds, an object's metadata is bounded by Google at 8 KiB. */
export const metadata = z
  .record(metadataKey, lines(512))
  .refine((entries) => Object.keys(entries).length <= METADATA_KEYS, "holds more than 50 keys");
