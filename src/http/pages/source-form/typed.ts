import { isDeepStrictEqual } from "node:util";
import type { LakeUrl } from "../../../core/addresses.ts";
import type { MetadataField } from "../../../core/source-faults.ts";
import type { SourceRow } from "../../../db/sources.ts";
import { textsOf } from "../form.ts";
import { sizeIn } from "../format.ts";

/** What stands in the form, field by field, as it was typed. */
export type Typed = Readonly<Record<string, string | undefined>>;

/** A form before anybody touched it. */
export const UNTOUCHED: Typed = { subfolders: "on", history: "current" };

/** What was sent, with the line ends of Unix. */
export const typedIn = (form: FormData): Typed =>
  Object.fromEntries(
    Object.entries(textsOf(form)).map(([name, text]) => [name, text?.replaceAll("\r\n", "\n")]),
  );

/** The field of the form that holds a metadata field of the organisation's. */
export const metadataName = (field: string) => `metadata.${field}`;

/** What the lines and words of a form amount to, each as the API takes it; empty ones are absent. */
export function askedIn(typed: Typed, fields: readonly MetadataField[]) {
  const text = (name: string) => typed[name]?.trim() || undefined;
  return {
    name: text("name"),
    description: typed["description"] || undefined,
    include: linesOf(typed["include"]),
    exclude: linesOf(typed["exclude"]),
    subfolders: typed["subfolders"] === "on",
    minBytes: bytesOf(typed["minBytes"]),
    maxBytes: bytesOf(typed["maxBytes"]),
    maxAgeDays: numberOf(text("maxAgeDays")),
    history: typed["history"],
    pathTemplate: text("pathTemplate"),
    tags: linesOf(typed["tags"]),
    metadata: metadataOf(typed, fields),
  };
}

/** What is fixed with a registration. */
export function fixedIn(typed: Typed, places: readonly LakeUrl[]) {
  const place = places[Number(typed["place"] ?? 0)];
  const isOwn = place === undefined || place === places[0];
  return { nameTemplate: typed["nameTemplate"]?.trim() || undefined, ...(isOwn ? {} : place) };
}

/** What a saved source says, as it would have been typed; sizes in bytes, to be exact. */
export function typedOf(source: SourceRow, fields: readonly MetadataField[]): Typed {
  const known = fields.map(({ name }) => name);
  const others = Object.entries(source.metadata).filter(([key]) => !known.includes(key));
  return {
    name: source.name,
    description: source.description ?? "",
    include: source.include.join("\n"),
    exclude: source.exclude.join("\n"),
    subfolders: source.subfolders ? "on" : "",
    minBytes: source.minBytes?.toString(),
    maxBytes: source.maxBytes?.toString(),
    maxAgeDays: source.maxAgeDays?.toString(),
    history: source.history,
    pathTemplate: source.pathTemplate ?? "",
    tags: source.tags.join("\n"),
    metadata: others.map(([key, value]) => `${key} = ${value}`).join("\n"),
    ...Object.fromEntries(known.map((name) => [metadataName(name), source.metadata[name]])),
  };
}

/**
 * What a form changes about a saved source; what was emptied is null. A field that reads as it did is left
 * out, so that what a form cannot show to the letter, such as a value of two lines, stays.
 */
export function changedIn(typed: Typed, source: SourceRow, fields: readonly MetadataField[]) {
  const before: Record<string, unknown> = askedIn(typedOf(source, fields), fields);
  return Object.fromEntries(
    Object.entries(askedIn(typed, fields)).flatMap(([key, value]) =>
      isDeepStrictEqual(value, before[key]) ? [] : [[key, value ?? (key === "name" ? "" : null)]],
    ),
  );
}

/** One glob, tag or pair a line. */
export const linesOf = (text = "") => text.split("\n").flatMap((line) => line.trim() || []);

/** Not a number where no size is meant, so that the field is refused. */
function bytesOf(text = ""): number | undefined {
  return text.trim() === "" ? undefined : (sizeIn(text) ?? Number.NaN);
}

const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text));

/** The organisation's fields have their own; any other is a line `key = value`. */
function metadataOf(typed: Typed, fields: readonly MetadataField[]): Record<string, string> {
  const others = linesOf(typed["metadata"]).map((line): [string, string] => {
    const [key = "", ...rest] = line.split("=");
    return [key.trim(), rest.join("=").trim()];
  });
  const known = fields.flatMap(({ name }): [string, string][] => {
    const value = typed[metadataName(name)];
    return value ? [[name, value]] : [];
  });
  return Object.fromEntries([...others, ...known]);
}
