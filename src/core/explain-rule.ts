import { globThatMatches } from "./mask.ts";
import type { MeasuredVersion, Rule } from "./membership.ts";

/** What a source says of its rules, as a person wrote it. */
export interface RuleSettings {
  exclude: readonly string[];
  minBytes: number | null;
  maxBytes: number | null;
  maxAgeDays: number | null;
}

/** Why a rule is against a version, for the person who tries it out. */
export function explainRule(
  rule: Rule,
  settings: RuleSettings,
  path: readonly string[],
  { sizeBytes, createdAt }: MeasuredVersion,
): string {
  switch (rule) {
    case "subfolders":
      return "lies in a folder below";
    case "include":
      return "matches no include";
    case "exclude":
      return `matches the exclude ${globThatMatches(settings.exclude, path.join("/")) ?? ""}`;
    case "size":
      return sizeBytes < (settings.minBytes ?? 0)
        ? `has ${sizeBytes} bytes, fewer than ${settings.minBytes}`
        : `has ${sizeBytes} bytes, more than ${settings.maxBytes}`;
    case "age":
      return `was made at ${createdAt?.toISOString()}, more than ${settings.maxAgeDays} days before it was first seen or the source registered`;
  }
}
