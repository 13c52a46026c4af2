import type { Reporter } from "vitest/node";

/** The part of vitest's report of a test that the count needs. */
interface ReportedTest {
  fullName: string;
  result(): { state: string };
  /** Says whether it failed before it passed. */
  diagnostic(): { flaky: boolean } | undefined;
}

/** The part of vitest's report of a file that the count needs. */
export interface ReportedFile {
  /** What went wrong outside its tests: a file that cannot be loaded, a hook that throws. */
  errors(): readonly unknown[];
  children: {
    allTests(): Iterable<ReportedTest>;
    allSuites(): Iterable<{ errors(): readonly unknown[] }>;
  };
}

/**
 * One plain line for a whole run, such as `412 passed, 0 failed`. What broke outside a test counts as
 * failed, so that a run never looks better than it was; tests that did not run are named, not hidden.
 */
export function summaryOf(files: readonly ReportedFile[], unhandled: readonly unknown[]): string {
  const states = files.flatMap((file) =>
    Array.from(file.children.allTests(), (test) => test.result().state),
  );
  const broken = files.flatMap((file) => [file, ...file.children.allSuites()]);
  const passed = states.filter((state) => state === "passed").length;
  const failed =
    states.filter((state) => state === "failed").length +
    broken.filter((part) => part.errors().length > 0).length +
    unhandled.length;
  const others = states.filter((state) => state !== "passed" && state !== "failed").length;
  return `${passed} passed, ${failed} failed${others > 0 ? `, ${others} skipped` : ""}`;
}

/** A line for each test that failed, was tried again and passed: it is a defect, of the test or of what it tests. */
export function flakesOf(files: readonly ReportedFile[]): string[] {
  const tests = files.flatMap((file) => [...file.children.allTests()]);
  return tests
    .filter((test) => test.diagnostic()?.flaky)
    .map(({ fullName }) => `FLAKY, passed when tried again: ${fullName}`);
}

/** Ends a run's output with its line, uncoloured, for `.ci/run` to add up. */
export const summaryReporter: Reporter = {
  onTestRunEnd(files, unhandled) {
    process.stdout.write(`${[...flakesOf(files), summaryOf(files, unhandled)].join("\n")}\n`);
  },
};
