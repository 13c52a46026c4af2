import { invalid } from "./errors.ts";

/**
 * Whether a name fits a pattern: `*` and `?` stay within a folder, `**` does not, and a folder
 * called `**` may also be none. Throws 400 for a pattern that is none.
 * https://cloud.google.com/storage/docs/json_api/v1/objects/list#list-objects-and-prefixes-using-glob
 */
export function globMatcher(glob: string): (name: string) => boolean {
  let depth = 0;
  const source = glob.replaceAll(TOKEN, (token, escaped?: string, not?: string, set?: string) => {
    if (escaped !== undefined) return literal(escaped);
    if (set !== undefined) return `[${not ? "^/" : ""}${set.replaceAll(/[\\[^]/g, "\\$&")}]`;
    if (token === "{") depth++;
    if (token === "}" && --depth < 0) throw invalid("Invalid value for: matchGlob");
    if (token === "," && depth > 0) return "|";
    return MEANINGS.get(token) ?? literal(token);
  });
  if (depth !== 0) throw invalid("Invalid value for: matchGlob");
  try {
    const pattern = new RegExp(`^${source}$`, "su");
    return (name) => pattern.test(name);
  } catch {
    throw invalid("Invalid value for: matchGlob");
  }
}

const TOKEN = /(?<=^|\/)\*\*\/|\*\*|\\(.)|\[(!?)([^\]]+)\]|./gsu;

const MEANINGS = new Map([
  ["**/", "(?:.*/)?"],
  ["**", ".*"],
  ["*", "[^/]*"],
  ["?", "[^/]"],
  ["{", "(?:"],
  ["}", ")"],
]);

const literal = (character: string) => character.replaceAll(/[$()*+./?[\\\]^{|}]/g, "\\$&");
