import * as fc from "../support/dice.ts";
import { expect, test } from "vitest";
import { csvLine } from "../../src/core/csv.ts";

/** A reader of CSV as RFC 4180 has it, for one line. */
function read(line: string): string[] {
  const cells: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n$)/gy;
  for (let match = pattern.exec(line); match; match = pattern.exec(line)) {
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "");
    if (match[3] !== ",") return cells;
  }
  throw new Error(`not CSV: ${JSON.stringify(line)}`);
}

test("whatever stands in cells is read again as it was, but for what would be a formula", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { minLength: 1 }), (cells) => {
      const harmless = cells.map((cell) => (/^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell));
      expect(read(csvLine(cells))).toEqual(harmless);
    }),
    { numRuns: 50 },
  );
}, 20_000);

test.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])(
  "%j is no formula in a spreadsheet",
  (cell) => {
    expect(read(csvLine(["a", cell]))).toEqual(["a", `'${cell}`]);
  },
);

test("numbers and truths stand as they are, and nothing is an empty cell", () => {
  expect(csvLine([-1, 2.5, true, null, undefined, ""])).toBe("-1,2.5,true,,,\r\n");
});
