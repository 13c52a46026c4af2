import picomatch from "picomatch";

export interface Mask {
  /** A path matches when any of these does; empty means every path. */
  include: readonly string[];
  /** And none of these. */
  exclude: readonly string[];
}

/** As Box is: names that differ only by case are one name. Names beginning with a dot count. */
const OPTIONS = { dot: true, nocase: true, strictBrackets: true, flags: "is" } as const;

/** Longer ones are typing errors; picomatch would accept 64 KiB. */
const LONGEST_GLOB = 1000;

/**
 * Whether a path below the source folder (`lab/run 7/plate.csv`) belongs to it. Compiled once for
 * a mask and kept, since every recorded change asks. The globs must have passed `faultOfGlob`.
 */
export function compileMask(mask: Mask): (path: string) => boolean {
  const include = mask.include.length > 0 ? mask.include : ["**"];
  return picomatch([...include], { ...OPTIONS, ignore: [...mask.exclude] });
}

/** What is wrong with a glob, for the person who wrote it; `undefined` when it can be used. */
export function faultOfGlob(glob: string): string | undefined {
  if (glob.trim() === "") return "is empty";
  if (glob.length > LONGEST_GLOB) return `is longer than ${LONGEST_GLOB} characters`;
  if (/\p{Cc}/u.test(glob)) return "holds a control character";
  if (glob.startsWith("/")) return "begins with a slash: paths begin below the source folder";
  if (glob.startsWith("!") && !glob.startsWith("!("))
    return "begins with an exclamation mark: write it as an exclude instead";
  if (/[*+]\([^)]*[*+][^)]*\)/.test(glob))
    return "repeats a repetition, as in *(a*): a name could take minutes to match";
  try {
    picomatch.makeRe(glob, { ...OPTIONS, debug: true });
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
  return undefined;
}
