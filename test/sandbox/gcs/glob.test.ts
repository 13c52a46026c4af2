import { expect, test } from "vitest";
import { globMatcher } from "../../../sandbox/gcs/glob.ts";

const NAMES = ["a/bar", "a/baz", "a/b/bar", "bar", "a-bar", "a+(b)", "[x]"];

test.each([
  ["a*bar", ["a-bar"]],
  ["a**bar", ["a/bar", "a/b/bar", "a-bar"]],
  ["**/bar", ["a/bar", "a/b/bar", "bar"]],
  ["a/**/bar", ["a/bar", "a/b/bar"]],
  ["*/ba[rz]", ["a/bar", "a/baz"]],
  ["*/ba[!a-y]", ["a/baz"]],
  ["a?bar", ["a-bar"]],
  ["a{[!b]bar,/{baz,b/*}}", ["a/baz", "a/b/bar", "a-bar"]],
  ["a+(b)", ["a+(b)"]],
  [String.raw`\[x\]`, ["[x]"]],
])("the glob %s takes what Google says it takes", (glob, names) => {
  expect(NAMES.filter(globMatcher(glob))).toEqual(names);
});

test.each(["{a", "a}", "[z-a]"])("%s is no glob", (glob) => {
  expect(() => globMatcher(glob)).toThrow("matchGlob");
});
