import * as fc from "../support/dice.ts";
import { describe, expect, test } from "vitest";
import { compileMask, faultOfGlob, globThatMatches } from "../../src/core/mask.ts";

function matches(path: string, include: string[], exclude: string[] = []) {
  const mask = compileMask({ include, exclude });
  return mask.includes(path) && !mask.excludes(path);
}

describe("a mask", () => {
  test.each([
    ["plate.csv", [], [], true],
    ["a/b/c/.hidden/plate.csv", [], [], true],
    [".DS_Store", [], [], true],
    ["plate.csv", ["*.csv"], [], true],
    ["lab/plate.csv", ["*.csv"], [], false],
    ["lab/plate.csv", ["**/*.csv"], [], true],
    ["plate.csv", ["**/*.csv"], [], true],
    ["PLATE.CSV", ["*.csv"], [], true],
    ["plate.csv", ["*.CSV"], [], true],
    ["plate.csv", ["*.tsv", "*.csv"], [], true],
    [".env.csv", ["*.csv"], [], true],
    [".lab/plate.csv", ["**/*.csv"], [], true],
    ["plate.csv", [], ["*.csv"], false],
    ["plate.csv", ["*.csv"], ["plate.*"], false],
    ["PLATE.csv", ["*.csv"], ["plate.*"], false],
    ["tmp/plate.csv", ["**"], ["tmp/**"], false],
    ["deep/tmp/plate.csv", ["**"], ["tmp/**"], true],
    ["deep/tmp/plate.csv", ["**"], ["**/tmp/**"], false],
    ["run 7/plate (1).csv", ["run */plate (*).csv"], [], true],
    ["raw/plate.csv", ["{raw,qc}/**"], [], true],
    ["line\nbreak.csv", ["**/*.csv"], [], true],
    ["über/plate.csv", ["ÜBER/*.csv"], [], true],
  ])("decides on %j with %j without %j: %j", (path, include, exclude, expected) => {
    expect(matches(path, include, exclude)).toBe(expected);
  });

  test("without an include lets every path through that it does not exclude", () => {
    const name = fc
      .string({ unit: "grapheme", minLength: 1 })
      .filter((name) => !/^\.{1,2}$/.test(name) && !/[/\\]/.test(name));
    const path = fc.array(name, { minLength: 1 }).map((parts) => parts.join("/"));
    fc.assert(
      fc.property(path, (path) => {
        expect(matches(path, [])).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the fault of a glob", () => {
  test.each([
    [""],
    ["   "],
    ["x".repeat(1001)],
    ["a\0b"],
    ["a\nb"],
    ["/lab/*.csv"],
    ["!*.csv"],
    ["[a-"],
    ["(a"],
    ["{a,b"],
    ["a)"],
    ["../up/*.csv"],
    ["lab\\*.csv\\raw"],
  ])("of %j is told", (glob) => {
    expect(faultOfGlob(glob)).toEqual(expect.any(String));
  });

  test.each([
    ["{a,b", "has a { that nothing closes: write \\{ for the character itself"],
    ["a)", "has a ) that nothing opens: write \\) for the character itself"],
    ["\\", "ends with a backslash, which stands before nothing: folders are divided by /"],
    ["raw\\\\\\", "ends with a backslash, which stands before nothing: folders are divided by /"],
  ])("of %j is told by what was typed", (glob, fault) => expect(faultOfGlob(glob)).toBe(fault));

  test.each([
    ["**"],
    ["*.csv"],
    ["\\[draft\\] *.csv"],
    ["lab/**/*.{csv,tsv}"],
    ["!(tmp)/*.csv"],
    ["[0-9]*.csv"],
    ["a b"],
  ])("of %j is none", (glob) => {
    expect(faultOfGlob(glob)).toBeUndefined();
  });

  test("is told of every glob that could not be compiled", () => {
    const glob = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({
        unit: fc.constantFrom(...Array.from("*?[]{}()!+@|,.^$\\/-a9: ")),
        maxLength: 12,
      }),
    );
    const path = fc.string({ unit: fc.constantFrom(...Array.from("a9./-*[]{}()")), maxLength: 10 });
    const accepted = glob.filter((glob) => faultOfGlob(glob) === undefined);
    fc.assert(
      fc.property(accepted, accepted, path, (include, exclude, path) => {
        expect(typeof matches(path, [include], [exclude])).toBe("boolean");
      }),
      { numRuns: 1000 },
    );
  });
});

test("the glob that a path matches is told, the first of several", () => {
  expect(globThatMatches(["**/*.tmp", "RAW/**", "raw/*"], "raw/plate.csv")).toBe("RAW/**");
  expect(globThatMatches(["**/*.tmp"], "plate.csv")).toBeUndefined();
});
