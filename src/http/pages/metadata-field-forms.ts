import type { z } from "zod";
import type { MetadataFieldRow } from "../../db/metadata-fields.ts";
import { ofFaults } from "../api/faults.ts";
import { fieldName } from "../api/fields.ts";
import { wantedField } from "../api/metadata-fields.ts";
import { linesOf, type Typed } from "./source-form/typed.ts";

/** A form as it was typed, and what of it was refused: whole sentences, by the name of the form's field. */
export interface FieldForm {
  typed: Typed;
  faults: ReadonlyMap<string, readonly string[]>;
}

const LABELS: Record<string, string> = {
  name: "The name",
  description: "The description",
  allowedValues: "The list of values",
};

/** What a form asks of a field called so, or what of it was refused. */
export function readField(
  name: string,
  typed: Typed,
): { asked: Omit<MetadataFieldRow, "createdAt"> } | { faults: FieldForm["faults"] } {
  const named = fieldName.safeParse(name.trim());
  const values = linesOf(typed["allowedValues"]);
  const wanted = wantedField.safeParse({
    description: typed["description"]?.trim() || null,
    required: typed["required"] === "on",
    allowedValues: values.length === 0 ? null : values,
  });
  if (named.success && wanted.success) return { asked: { name: named.data, ...wanted.data } };
  const faults = new Map<string, string[]>();
  if (named.error) faults.set("name", named.error.issues.map(sentenceAt("name")));
  for (const { pointer, detail } of wanted.error
    ? (ofFaults("json", wanted.error).errors ?? [])
    : []) {
    const [field = "", nth] = pointer.slice(1).split("/");
    const value = nth === undefined ? undefined : values[Number(nth)];
    const said =
      value === undefined ? sentenceAt(field)({ message: detail }) : `“${value}” ${detail}`;
    faults.set(field, [...(faults.get(field) ?? []), said]);
  }
  return { faults };
}

const sentenceAt =
  (field: string) =>
  ({ message }: Pick<z.core.$ZodIssue, "message">) =>
    `${LABELS[field] ?? field} ${message}`;

/** What is asked of a field, as it would have been typed. */
export const typedField = (field: MetadataFieldRow): Typed => ({
  description: field.description ?? "",
  required: field.required ? "on" : "",
  allowedValues: field.allowedValues?.join("\n") ?? "",
});
