import { isPath, type Part } from "./name-parts.ts";

/**
 * Why two versions could share a name under a template, or `undefined` when none can.
 *
 * The proof: names never share slashes with what Box's names hold, so that every segment before
 * `{path}` is found from the front and every one after it from the back. In its segment an id is found
 * from the front when only text, dates and ids stand before it, and from the back when only those stand
 * behind it, each id being set off from its neighbours by a character that ids do not have. Both ids
 * found, the name tells which version it is of.
 */
export function faultOfNaming(segments: readonly (readonly Part[])[]): string | undefined {
  const whole = segments.filter(isPath).length;
  const all = segments.flat().filter((part) => isWord(part, "path")).length;
  if (all > 1) return "holds {path} twice";
  if (all !== whole)
    return "holds {path} beside other text: it stands for folders, between slashes";
  for (const [word, reason] of IDS) {
    const holding = segments.filter((parts) => parts.some((part) => isWord(part, word)));
    if (holding.length === 0) return `does not hold {${word}}: ${reason}`;
    const found = holding.some((parts) =>
      parts.some((part, at) => isWord(part, word) && isFound(parts, at)),
    );
    if (!found)
      return `holds {${word}} where it cannot be told from what stands beside it, so that two versions could share a name: set it off by a slash, or by one of _ = + , @ ( ) - with names and fields on one side of it only, as in {path}/{stem}_{fileId}_{versionId}{extension}`;
  }
  return undefined;
}

const IDS = [
  ["versionId", "two versions of one file could share a name"],
  [
    "fileId",
    "two files could share a name, since Box promises only a file's own versions different ids",
  ],
] as const;

const isWord = (part: Part | undefined, word: string) =>
  part !== undefined && "word" in part && part.word === word;

const isId = (part: Part | undefined) => isWord(part, "fileId") || isWord(part, "versionId");

/** Of a length that is known before it is read. */
const isMeasured = (part: Part) =>
  "text" in part || ["date", "year", "month", "day", "hour"].includes(part.word);

function isFound(parts: readonly Part[], at: number): boolean {
  const fromFront = parts
    .slice(0, at + 1)
    .every((part, index) => (isId(part) ? endsThere(parts, index) : isMeasured(part)));
  const fromBack = parts.every((part, index) => {
    if (index < at) return true;
    if (isId(part)) return beginsThere(parts, index);
    return isMeasured(part) || isEnding(parts, index);
  });
  return fromFront || fromBack;
}

/** What follows an id cannot belong to it: nothing, a separator, or the ending with its dot. */
function endsThere(parts: readonly Part[], at: number): boolean {
  const next = parts[at + 1];
  if (next === undefined) return true;
  if ("text" in next) return /^[^A-Za-z0-9]/.test(next.text);
  return next.word === "extension" && at + 2 === parts.length;
}

function beginsThere(parts: readonly Part[], at: number): boolean {
  const before = parts[at - 1];
  return before === undefined || ("text" in before && /[^A-Za-z0-9]$/.test(before.text));
}

/**
 * The file's ending, last in its segment, behind one id or date that is set off by something that no
 * ending holds: then it begins at the first dot after that.
 */
function isEnding(parts: readonly Part[], at: number): boolean {
  if (!isWord(parts[at], "extension") || at + 1 !== parts.length) return false;
  const [before, last] = [parts[at - 2], parts[at - 1]];
  if (last === undefined || "text" in last || !(isId(last) || isMeasured(last))) return false;
  return before === undefined || ("text" in before && /[^A-Za-z0-9.]$/.test(before.text));
}
