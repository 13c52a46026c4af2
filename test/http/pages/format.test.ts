import { expect, test } from "vitest";
import { count, relative, size, utc } from "../../../src/http/pages/format.ts";

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
