import { rounded, type Spread } from "./stats.ts";

/** Rows under their headings, columns as wide as their longest cell, all but the first to the right. */
export function formatTable(headings: string[], rows: string[][]): string {
  const all = [headings, ...rows];
  const widths = headings.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? "").length)),
  );
  const lines = all.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

/** `2,610 (2,480 … 2,700)`: the median and, in brackets, the runs' ends. */
export function formatSpread({ median, min, max }: Spread): string {
  const show = (value: number) => rounded(value).toLocaleString("en");
  return `${show(median)} (${show(min)} … ${show(max)})`;
}
