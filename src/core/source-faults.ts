import { faultOfNameTemplate } from "./name-template.ts";
import { compilePathTemplate } from "./path-template.ts";
import type { AskedFault } from "./refusal.ts";

/** A metadata field that the organisation wants its sources to carry. */
export interface MetadataField {
  name: string;
  required: boolean;
  /** Null: any value. */
  allowedValues: readonly string[] | null;
}

/** What of a source is held against each other, and against the organisation's fields. */
export interface CheckedSource {
  minBytes: number | null;
  maxBytes: number | null;
  /** Sound by itself: see `faultOfPathTemplate`. */
  pathTemplate: string | null;
  nameTemplate: string | null;
  metadata: Readonly<Record<string, string>>;
}

/** Everything about a source that cannot be, beyond what is wrong with a field by itself. */
export function faultsOfSource(
  source: CheckedSource,
  fields: readonly MetadataField[],
): AskedFault[] {
  const { minBytes, maxBytes, pathTemplate, nameTemplate } = source;
  const faults: AskedFault[] = [];
  if (minBytes !== null && maxBytes !== null && minBytes > maxBytes)
    faults.push({ path: ["minBytes"], detail: `is more than maxBytes, ${maxBytes}` });
  const fault =
    nameTemplate === null ? undefined : faultOfNameTemplate(nameTemplate, fieldsOf(pathTemplate));
  if (fault !== undefined) faults.push({ path: ["nameTemplate"], detail: fault });
  return [...faults, ...metadataFaults(source, fields)];
}

/**
 * Where a source does not carry what the organisation asks for. A required field may be read from the path
 * instead: then a path without it is flagged with the object, not here.
 */
export function metadataFaults(
  { metadata, pathTemplate }: Pick<CheckedSource, "metadata" | "pathTemplate">,
  fields: readonly MetadataField[],
): AskedFault[] {
  const read = fieldsOf(pathTemplate);
  return fields.flatMap(({ name, required, allowedValues }): AskedFault[] => {
    const path = ["metadata", name];
    const allowed = allowedValues === null ? "" : `: one of ${allowedValues.join(", ")}`;
    const value = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
    if (value === undefined || value === "")
      return required && !read.includes(name) ? [{ path, detail: `is required${allowed}` }] : [];
    if (allowedValues === null || allowedValues.includes(value)) return [];
    return [{ path, detail: `is not an allowed value${allowed}` }];
  });
}

const fieldsOf = (pathTemplate: string | null) =>
  pathTemplate === null ? [] : compilePathTemplate(pathTemplate).fields;
