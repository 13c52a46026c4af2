import type { z } from "zod";
import { type Fault, pointerTo, Problem } from "../problem.ts";

export const NO_PARAMETER = "is no parameter of this request";
export const NO_FIELD = "is no field of this request";
/** Behind both: most are a word of another system, or a slip. */
export const WHAT_IS_TAKEN = "GET /api/openapi.json describes what each request takes.";

/** What zod found wrong, each with its place; an unknown field is named by its own place. */
export function ofFaults(part: string, error: z.core.$ZodError): Problem {
  const errors = error.issues.flatMap((issue): Fault[] => {
    if (issue.code === "invalid_key")
      return issue.issues.map(({ message: detail }) => ({
        pointer: pointerTo(issue.path),
        detail,
      }));
    if (issue.code !== "unrecognized_keys")
      return [{ pointer: pointerTo(issue.path), detail: issue.message }];
    return issue.keys.map((key) => ({
      pointer: pointerTo([...issue.path, key]),
      detail: part === "query" ? NO_PARAMETER : NO_FIELD,
    }));
  });
  const isUnasked = error.issues.some(({ code }) => code === "unrecognized_keys");
  return new Problem(400, `The ${PARTS[part] ?? "body"} is wrong`, {
    errors,
    hint: isUnasked ? WHAT_IS_TAKEN : undefined,
  });
}

const PARTS: Record<string, string> = { query: "query", param: "address" };
