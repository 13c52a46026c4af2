import * as fc from "../support/dice.ts";
import { PATH_TEMPLATES, type PathTemplate } from "./names.ts";
import { MASK_NAMES, type MaskName, MASKS } from "./masks.ts";

/** What a source asks for: all of it may be edited. */
export interface Asks {
  mask: MaskName;
  subfolders: boolean;
  minBytes: number | null;
  maxBytes: number | null;
  maxAgeDays: number | null;
  history: "current" | "all";
  pathTemplate: PathTemplate | null;
}

/** Everything, as versions are made. */
export const ALL: Asks = {
  mask: "everything",
  subfolders: true,
  minBytes: null,
  maxBytes: null,
  maxAgeDays: null,
  history: "current",
  pathTemplate: null,
};

/** Limits that come between the few contents which the steps make, and the few ages that there are. */
const limits = {
  minBytes: fc.constantFrom(null, null, 1, 4),
  maxBytes: fc.constantFrom(null, null, 4, 100),
  maxAgeDays: fc.constantFrom(null, null, 5, 20),
};

/** How long ago, in days, the files were made and saved that lie in Box when a run begins. */
export const AGES = [40, 10] as const;

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

/** What the limits are held against. */
export interface Measured {
  size: number;
  /** By Box's clock, ms since 1970. */
  createdAt: number;
}

export const isOfSize = ({ minBytes, maxBytes }: Asks, { size }: Measured) =>
  size >= (minBytes ?? 0) && size <= (maxBytes ?? Number.POSITIVE_INFINITY);

/** The limits count for each version by itself. A run is short against a day: so now is when anything was first seen. */
export function againstVersion(asks: Asks, version: Measured) {
  if (!isOfSize(asks, version)) return "size";
  const days = (Date.now() - version.createdAt) / 86_400_000;
  return days > (asks.maxAgeDays ?? Number.POSITIVE_INFINITY) ? "age" : undefined;
}

/** For a report. */
export const inWords = (said: Partial<Asks>) =>
  Object.entries(said)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");
