import * as fc from "../support/dice.ts";
import { BUCKET, OTHER_PLACE, PREFIX } from "../support/house.ts";

/** What is read from the folders of a path, in words of our own: `src` must come to the same. */
export const PATH_TEMPLATES = {
  "{area}/**": { fields: ["area"], fits: (depth: number) => depth >= 1 },
  "{area}/{part}": { fields: ["area", "part"], fits: (depth: number) => depth === 2 },
} as const;

export type PathTemplate = keyof typeof PATH_TEMPLATES;

/** What an object's metadata says of its path under a template. */
export function readingOf(template: PathTemplate | null, path: string): string {
  if (template === null) return tell({}, false);
  const folders = path.split("/").slice(0, -1);
  const { fields, fits } = PATH_TEMPLATES[template];
  const read = fields.flatMap((field, index) => {
    const folder = folders[index];
    return folder === undefined ? [] : [[`meta-${field}`, folder] as const];
  });
  return tell(Object.fromEntries(read), !fits(folders.length));
}

/** What the metadata of an object does say. */
export const readingIn = (metadata: Record<string, string>): string =>
  tell(
    Object.fromEntries(Object.entries(metadata).filter(([key]) => key.startsWith("meta-"))),
    "longshore-misfit" in metadata,
  );

const tell = (fields: Record<string, string>, isMisfit: boolean) =>
  [
    ...Object.keys(fields)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .map((field) => `${field}: ${fields[field]}`),
    isMisfit ? "it does not fit" : "it fits",
  ].join(", ");

type Ids = { fileId: string; versionId: string };

/** How the objects of a source are called below its slug, fixed with the registration. */
export const NAMINGS = {
  usual: (path: string, { fileId, versionId }: Ids) =>
    `${path}/${fileId}-${versionId}${endingOf(path)}`,
  "{path}/{fileId}-{versionId}{extension}": (path: string, { fileId, versionId }: Ids) =>
    [...path.split("/").slice(0, -1), `${fileId}-${versionId}${endingOf(path)}`].join("/"),
  "{versionId}/{stem}@{fileId}": (path: string, { fileId, versionId }: Ids) =>
    `${versionId}/${path.slice(path.lastIndexOf("/") + 1).replace(endingOf(path), "")}@${fileId}`,
} as const;

export type Naming = keyof typeof NAMINGS;

export const naming = fc.constantFrom(
  ...(["usual", ...Object.keys(NAMINGS)] as [Naming, ...Naming[]]),
);

/** Where the objects of a source lie, fixed with the registration. */
export const PLACES = {
  "the lake's own": { bucket: BUCKET, prefix: PREFIX },
  "its own": OTHER_PLACE,
} as const;

export type PlaceName = keyof typeof PLACES;

export const place = fc.constantFrom<PlaceName>("the lake's own", "the lake's own", "its own");

const endingOf = (path: string) => path.slice(path.lastIndexOf("."));
