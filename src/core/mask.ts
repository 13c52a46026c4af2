import picomatch from "picomatch";

export interface Mask {
  /** A path matches when any of these does; empty means every path. */
  include: readonly string[];
  /** And none of these. */
  exclude: readonly string[];
}

/** Takes paths below the source folder: `lab/run 7/plate.csv`. */
export interface CompiledMask {
  includes: (path: string) => boolean;
  excludes: (path: string) => boolean;
}

/** As Box is: names that differ only by case are one name. Names beginning with a dot count. */
const OPTIONS = { dot: true, nocase: true, strictBrackets: true, flags: "is" } as const;

/** Longer ones are typing errors; picomatch would accept 64 KiB. */
const LONGEST_GLOB = 1000;

/**
 * A mask ready to be asked: a path belongs to a source when it is included and not excluded.
 * Compiled once for a mask and kept, since every recorded change asks. The globs must have passed
 * `faultOfGlob`.
 */
export function compileMask({ include, exclude }: Mask): CompiledMask {
  return {
    includes: picomatch(include.length > 0 ? [...include] : ["**"], OPTIONS),
    excludes: exclude.length > 0 ? picomatch([...exclude], OPTIONS) : () => false,
  };
}

/** The first of the globs that a path matches, for the person who asks which one it was. */
export function globThatMatches(globs: readonly string[], path: string): string | undefined {
  return globs.find((glob) => picomatch(glob, OPTIONS)(path));
}

/** What is wrong with a glob, for the person who wrote it; `undefined` when it can be used. */
export function faultOfGlob(glob: string): string | undefined {
  if (glob.trim() === "") return "is empty";
  if (glob.length > LONGEST_GLOB) return `is longer than ${LONGEST_GLOB} characters`;
  if (/\p{Cc}/u.test(glob)) return "holds a control character";
  if (glob.startsWith("/")) return "begins with a slash: paths begin below the source folder";
  if (glob.split("/").includes(".."))
    return "names the folder above, in ..: paths begin below the source folder";
  if (/\\[\p{L}\p{N}]/u.test(glob))
    return "holds a backslash before a letter or digit: folders are divided by /";
  if (/(?<!\\)(\\\\)*\\$/.test(glob))
    return "ends with a backslash, which stands before nothing: folders are divided by /";
  if (glob.startsWith("!") && !glob.startsWith("!("))
    return "begins with an exclamation mark: write it as an exclude instead";
  if (/[*+]\([^)]*[*+][^)]*\)/.test(glob))
    return "repeats a repetition, as in *(a*): a name could take minutes to match";
  try {
    picomatch.makeRe(glob, { ...OPTIONS, debug: true });
  } catch (error) {
    return inWords((error as Error).message);
  }
  return undefined;
}

/** Picomatch names the bracket that it misses; a person has typed its pair. */
function inWords(message: string): string {
  const [, lack = "", missed = ""] = /^Missing (opening|closing): "([^"])"/.exec(message) ?? [];
  const typed = PAIRS[missed];
  return typed === undefined
    ? `cannot be read: ${message}`
    : `has a ${typed} that nothing ${lack === "closing" ? "closes" : "opens"}: write \\${typed} for the character itself`;
}

const PAIRS: Record<string, string> = {
  "]": "[",
  "}": "{",
  ")": "(",
  "[": "]",
  "{": "}",
  "(": ")",
};
