import type { z } from "zod";

type Issue = z.core.$ZodRawIssue;

/**
 * What is wrong with a value, in words that follow the name of its field, for every check that has
 * none of its own: zod's own words are a programmer's.
 */
export function issueInWords(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return wrongKind(issue.expected, issue.input);
    case "invalid_value":
      if (issue.input === undefined) return "is missing";
      return issue.values.length === 1
        ? `is not ${String(issue.values[0])}`
        : `is not one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      return tooSmall(issue.origin, Number(issue.minimum), issue.inclusive ?? true);
    case "too_big":
      return tooBig(issue.origin, Number(issue.maximum), issue.inclusive ?? true);
    case "invalid_format":
      return FORMATS[issue.format] ?? "is not in the form that is asked for";
    case "not_multiple_of":
      return `is not a multiple of ${issue.divisor}`;
    case "invalid_union":
      return Array.isArray(issue.options)
        ? `is not one of ${issue.options.map(String).join(", ")}`
        : "is none of what may stand here";
    case "unrecognized_keys":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return "is not allowed";
  }
}

const KINDS: Record<string, string> = {
  string: "is not text",
  number: "is not a number",
  int: "is not a whole number",
  boolean: "is neither true nor false",
  array: "is not a list",
  object: "is not an object",
  record: "is not an object",
};

function wrongKind(expected: string, input: unknown): string {
  if (input === undefined) return "is missing";
  if (expected !== "array" && Array.isArray(input))
    return expected === "object"
      ? "is a list, not an object"
      : "is a list, or was given more than once";
  return KINDS[expected] ?? "is not what may stand here";
}

const FORMATS: Record<string, string> = {
  uuid: "is not an id",
  guid: "is not an id",
  datetime: "is not a time: expected 2026-01-31T12:00:00Z",
  url: "is not an address",
};

function tooSmall(origin: string, least: number, inclusive: boolean): string {
  if (origin === "string") return least === 1 ? "is empty" : `is shorter than ${least} characters`;
  if (origin === "array" || origin === "record")
    return least === 1 ? "is empty" : `holds fewer than ${least}`;
  return inclusive ? `is less than ${least}` : `is not more than ${least}`;
}

function tooBig(origin: string, most: number, inclusive: boolean): string {
  if (origin === "string") return `is longer than ${most} characters`;
  if (origin === "array" || origin === "record") return `holds more than ${most}`;
  return inclusive ? `is more than ${most}` : `is not less than ${most}`;
}
