/** A part of one segment of a template for object names: text as it is, or a word in braces. */
export type Part = { text: string } | { word: string };

/** The words of a segment and the text between them. */
export function partsOf(segment: string): Part[] {
  return segment
    .split(/\{([^{}]*)\}/)
    .map((part, index): Part => (index % 2 === 1 ? { word: part } : { text: part }))
    .filter((part) => !("text" in part) || part.text !== "");
}

/** The segment that stands for all folders below the source's. */
export const isPath = (parts: readonly Part[]) =>
  parts.length === 1 && parts[0] !== undefined && "word" in parts[0] && parts[0].word === "path";
