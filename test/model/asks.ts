import * as fc from "fast-check";
import { PATH_TEMPLATES, type PathTemplate } from "./names.ts";
import { MASK_NAMES, type MaskName, MASKS } from "./masks.ts";

/** What a source asks for: all of it may be edited. */
export interface Asks {
  mask: MaskName;
  subfolders: boolean;
  minBytes: number | null;
  maxBytes: number | null;
  history: "current" | "all";
  pathTemplate: PathTemplate | null;
}

/** Everything, as versions are made. */
export const ALL: Asks = {
  mask: "everything",
  subfolders: true,
  minBytes: null,
  maxBytes: null,
  history: "current",
  pathTemplate: null,
};

/** Limits that come between the few contents which the steps make. */
const limits = {
  minBytes: fc.constantFrom(null, null, 1, 4),
  maxBytes: fc.constantFrom(null, null, 4, 100),
};

const fields = {
  mask: fc.constantFrom(...MASK_NAMES),
  subfolders: fc.constantFrom(true, true, false),
  history: fc.constantFrom("current" as const, "all" as const),
  pathTemplate: fc.constantFrom(null, ...(Object.keys(PATH_TEMPLATES) as PathTemplate[])),
};

export const asks: fc.Arbitrary<Asks> = fc.record({ ...fields, ...limits });

/** What an edit changes: as a rule one thing, now and then several. */
export const edit: fc.Arbitrary<Partial<Asks>> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ mask: fields.mask }) },
  fc.record({ subfolders: fields.subfolders }),
  fc.record(limits),
  fc.record({ history: fields.history }),
  fc.record({ pathTemplate: fields.pathTemplate }),
  asks,
);

/** As the API takes it. */
export function toRequest({ mask, ...rest }: Partial<Asks>) {
  if (mask === undefined) return rest;
  const { include, exclude } = MASKS[mask];
  return { ...rest, include: [...include], exclude: [...exclude] };
}

/** Whether a file is wanted where it lies, whatever its versions; as a rule's name why it is not. */
export function againstPath({ mask, subfolders }: Asks, path: string) {
  if (!subfolders && path.includes("/")) return "subfolders";
  const known: KnownRules = MASKS[mask];
  if (known.wants(path)) return undefined;
  return known.include.length > 0 ? "include" : "exclude";
}

type KnownRules = { include: readonly string[]; wants(path: string): boolean };

/** The limits count for each version by itself. */
export const isOfSize = ({ minBytes, maxBytes }: Asks, bytes: number) =>
  bytes >= (minBytes ?? 0) && bytes <= (maxBytes ?? Number.POSITIVE_INFINITY);

/** For a report. */
export const inWords = (said: Partial<Asks>) =>
  Object.entries(said)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
