import { expect, test } from "vitest";
import { percentile, rounded, spreadOf } from "../../bench/stats.ts";
import { formatSpread, formatTable } from "../../bench/table.ts";

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

test("a percentile is a value that was measured, and so many per cent do not exceed it", () => {
  expect(percentile(hundred, 99)).toBe(99);
  expect(percentile(hundred, 50)).toBe(50);
  expect(percentile(Float64Array.of(9, 10, 8), 50)).toBe(9);
  expect(percentile([3], 99)).toBe(3);
});

test("numbers are ordered as numbers, not as text", () => {
  expect(spreadOf([10, 9, 100])).toEqual({ median: 10, min: 9, max: 100 });
});

test("what was not measured has no figure", () => {
  expect(() => spreadOf([])).toThrow("nothing was measured");
});

test("three digits are kept, whatever the size", () => {
  expect([12_345, 0.012345, 7].map(rounded)).toEqual([12_300, 0.0123, 7]);
  expect(formatSpread({ median: 12_345, min: 1.2345, max: 99_999 })).toBe(
    "12,300 (1.23 … 100,000)",
  );
});

test("a table is as wide as its longest cells", () => {
  expect(
    formatTable(
      ["", "files/s"],
      [
        ["ours", "1"],
        ["baseline", "20"],
      ],
    ).split("\n"),
  ).toEqual(["          files/s", "────────  ───────", "ours            1", "baseline       20"]);
});
