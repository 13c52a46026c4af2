import { conditionNotMet, invalid, notModified } from "./errors.ts";

/** https://cloud.google.com/storage/docs/request-preconditions */
export interface Preconditions {
  ifGenerationMatch?: number;
  ifGenerationNotMatch?: number;
  ifMetagenerationMatch?: number;
  ifMetagenerationNotMatch?: number;
}

const NAMES = [
  "ifGenerationMatch",
  "ifGenerationNotMatch",
  "ifMetagenerationMatch",
  "ifMetagenerationNotMatch",
] as const;

/** The conditions of a request; an empty one is none, and what is no number is refused. */
export function readPreconditions(query: (name: string) => string | undefined): Preconditions {
  const conditions: Preconditions = {};
  for (const name of NAMES) {
    const text = query(name);
    if (text === undefined || text === "") continue;
    if (!/^\d+$/.test(text)) throw invalid(`Invalid value '${text}' for ${name}.`);
    conditions[name] = Number(text);
  }
  return conditions;
}

type Live = { generation: number; metageneration: number } | undefined;

/**
 * Throws 412 when a condition does not hold for the live object. Generation 0 means "nothing is
 * live"; a condition on the metageneration, or on another generation, holds for no absent object. Reads answer a failed
 * `NotMatch` with 304.
 */
export function checkPreconditions(
  conditions: Preconditions,
  live: Live,
  on: "read" | "write",
): void {
  const { ifGenerationMatch, ifGenerationNotMatch } = conditions;
  const { ifMetagenerationMatch, ifMetagenerationNotMatch } = conditions;
  const generation = live?.generation ?? 0;
  if (ifGenerationMatch !== undefined && ifGenerationMatch !== generation) throw conditionNotMet();
  if (ifMetagenerationMatch !== undefined && ifMetagenerationMatch !== live?.metageneration)
    throw conditionNotMet();
  if (ifGenerationNotMatch !== undefined && !live) throw conditionNotMet();
  const changedNothing =
    ifGenerationNotMatch === generation ||
    (ifMetagenerationNotMatch !== undefined && ifMetagenerationNotMatch === live?.metageneration);
  if (changedNothing) throw on === "read" ? notModified() : conditionNotMet();
}
