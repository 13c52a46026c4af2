import { z } from "zod";
import type { MetadataField } from "../../../core/source-faults.ts";
import { ofFaults } from "../../api/faults.ts";
import type { Problem } from "../../problem.ts";
import { toKnownProblem } from "../../to-problem.ts";
import { linesOf, metadataName, type Typed } from "./typed.ts";

/** What of a form was refused. */
export interface Refused {
  status: Problem["status"];
  /** Whole sentences, by the name of the form's field; what belongs to none stands under "". */
  faults: ReadonlyMap<string, readonly string[]>;
  hint: string | undefined;
}

/** What the fields are called on the form, where their faults are told. */
export const LABELS: Record<string, string> = {
  name: "The name",
  description: "The description",
  include: "The list of includes",
  exclude: "The list of excludes",
  minBytes: "The smallest size",
  maxBytes: "The largest size",
  maxAgeDays: "The age",
  pathTemplate: "The path template",
  nameTemplate: "The name template",
  place: "The place",
  tags: "The list of tags",
  metadata: "The metadata",
};

/**
 * Anything thrown on the way from a form to its answer, in the words of the form. What nobody foresaw is
 * thrown on.
 */
export function refusedBy(error: unknown, typed: Typed, fields: readonly MetadataField[]): Refused {
  const problem =
    error instanceof z.core.$ZodError ? ofFaults("json", error) : toKnownProblem(error);
  const faults = new Map<string, string[]>();
  for (const { pointer, detail } of problem.errors ?? []) {
    const [field, sentence] = toldAt(pointer, detail, typed, fields);
    faults.set(field, [...(faults.get(field) ?? []), sentence]);
  }
  if (faults.size === 0) faults.set("", [problem.message]);
  return { status: problem.status, faults, hint: problem.hint };
}

/** The field that a JSON pointer into the API's body leads to, and the sentence that is told there. */
function toldAt(
  pointer: string,
  detail: string,
  typed: Typed,
  fields: readonly MetadataField[],
): [field: string, sentence: string] {
  const [top = "", step] = pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (step !== undefined && (top === "include" || top === "exclude"))
    return [top, `“${linesOf(typed[top])[Number(step)] ?? step}” ${detail}`];
  if (step !== undefined && top === "metadata") {
    const isKnown = fields.some(({ name }) => name === step);
    return [isKnown ? metadataName(step) : top, `“${step}” ${detail}`];
  }
  const field = top === "bucket" || top === "prefix" ? "place" : top;
  const label = LABELS[field];
  return label === undefined ? ["", `${top} ${detail}`] : [field, `${label} ${inWords(detail)}`];
}

/** A size or a number that is none comes from the form's own reading of it. */
const inWords = (detail: string) =>
  detail === "is not a whole number" ? "is not a number: 30, or 4 MB, say" : detail;
