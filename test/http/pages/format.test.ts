import { expect, test } from "vitest";
import { count, relative, size, sizeIn, span, utc } from "../../../src/http/pages/format.ts";

test("Numbers have their thousands divided", () => {
  expect([0, 999, 1000, 1_234_567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
});

test("Sizes are said in the largest unit that leaves a whole number", () => {
  expect(
    [0, 999, 1000, 4_100_000, 99_949, 99_950, 999_499, 999_500, 2_147_483_648].map(size),
  ).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "4.1 MB",
    "99.9 kB",
    "100 kB",
    "999 kB",
    "1.0 MB",
    "2.1 GB",
  ]);
});

const NOW = new Date("2026-05-01T12:00:00Z");
const before = (seconds: number) => relative(new Date(NOW.getTime() - seconds * 1000), NOW);

test("A time is said by its distance from now, before or after", () => {
  expect(before(0)).toBe("just now");
  expect(before(59)).toBe("59 s ago");
  expect(before(180)).toBe("3 min ago");
  expect(before(2 * 3600)).toBe("2 h ago");
  expect(before(60 * 86_400)).toBe("60 d ago");
  expect(before(-600)).toBe("in 10 min");
});

test("A time is written in UTC to the second", () => {
  expect(utc(NOW)).toBe("2026-05-01 12:00:00 UTC");
});

test("A span is said in the largest unit that leaves a few", () => {
  expect([0, 40, 1_000, 99_000, 180_000, 7_200_000, 172_800_000].map(span)).toEqual([
    "0 ms",
    "40 ms",
    "1 s",
    "99 s",
    "3 min",
    "2 h",
    "2 d",
  ]);
});

test("A size is read as people write it, and nothing else is taken for one", () => {
  expect(["0", " 500 ", "12kB", "12 k", "1.5 GB", "2 TB", "3 b"].map(sizeIn)).toEqual([
    0, 500, 12_000, 12_000, 1_500_000_000, 2_000_000_000_000, 3,
  ]);
  for (const text of ["", "kB", "-1", "1,5 GB", "1e3", "12 kiB", "some", "0x10", "Infinity"])
    expect(sizeIn(text), text).toBeUndefined();
});
