import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { summaryReporter } from "./test/support/summary-reporter.ts";

// Far beyond what any takes: on a machine of two cores with much else to do, ten times as long as usual.
const slow = { testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    reporters: ["default", summaryReporter],
    // Vitest leaves one core alone, which on two is half of them; and most files wait more than they work.
    maxWorkers: Math.max(2, availableParallelism()),
    // Two kinds of tests: `unit` touches neither database nor sandbox, `house` uses both for real.
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.{ts,tsx}"],
          exclude: [
            "test/{db,operations,jobs,http,journeys,contrary,faults,model,browser,sandbox}/**",
          ],
          // Properties are tried on hundreds of values, and the machine may be busy.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "house",
          include: [
            "test/{db,operations,jobs,http,journeys,contrary,faults,model,sandbox}/**/*.test.{ts,tsx}",
          ],
          globalSetup: ["test/support/postgres.ts"],
          ...slow,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.{ts,tsx}"],
          globalSetup: ["test/support/postgres.ts"],
          ...slow,
        },
      },
    ],
  },
});
