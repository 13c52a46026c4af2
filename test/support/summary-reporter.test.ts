import { expect, test } from "vitest";
import { flakesOf, type ReportedFile, summaryOf } from "./summary-reporter.ts";

const testOf = (state: string, fullName = "a test", flaky = false) => ({
  fullName,
  result: () => ({ state }),
  diagnostic: () => (state === "skipped" ? undefined : { flaky }),
});

const fileOf = (states: string[], errors: unknown[] = [], suite: unknown[] = []): ReportedFile => ({
  errors: () => errors,
  children: {
    allTests: () => states.map((state) => testOf(state)),
    allSuites: () => [{ errors: () => suite }],
  },
});

test("a run is summed up over its files in one plain line", () => {
  const files = [fileOf(["passed", "passed"]), fileOf(["passed", "failed"])];
  expect(summaryOf(files, [])).toBe("3 passed, 1 failed");
});

test("a file that cannot be loaded, a hook that throws and a stray error each count as failed", () => {
  const boom = new Error("boom");
  expect(summaryOf([fileOf([], [boom])], [])).toBe("0 passed, 1 failed");
  expect(summaryOf([fileOf(["passed"], [], [boom])], [])).toBe("1 passed, 1 failed");
  expect(summaryOf([fileOf(["passed"])], [boom])).toBe("1 passed, 1 failed");
});

test("tests that did not run are named", () => {
  expect(summaryOf([fileOf(["passed", "skipped", "pending"])], [])).toBe(
    "1 passed, 0 failed, 2 skipped",
  );
});

test("a test that passed only when it was tried again counts as passed, and is named", () => {
  const file = fileOf([]);
  const tests = [testOf("passed", "holds"), testOf("passed", "holds mostly", true)];
  const files = [{ ...file, children: { ...file.children, allTests: () => tests } }];
  expect(flakesOf([...files, fileOf(["skipped"])])).toEqual([
    "FLAKY, passed when tried again: holds mostly",
  ]);
  expect(summaryOf(files, [])).toBe("2 passed, 0 failed");
});
