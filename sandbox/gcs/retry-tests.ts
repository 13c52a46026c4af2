import { randomUUID } from "node:crypto";
import { concerns } from "./faults.ts";
import { GcsError, invalid } from "./errors.ts";
import { type Effect, parseInstruction } from "./instructions.ts";
import type { Ask } from "./requests.ts";

/** One scenario of a client's conformance suite: by API method, what its next requests suffer. */
export interface RetryTest {
  id: string;
  instructions: Record<string, string[]>;
  /** True when every instruction was followed. */
  completed: boolean;
  transport: string;
}

/** The header by which a request joins a scenario. */
export const RETRY_TEST_HEADER = "x-retry-test-id";

const missing = (id: string) => new GcsError(404, "notFound", `Retry Test ${id} does not exist.`);

/**
 * Scenarios as Google's storage-testbench has them, so that the conformance suites of the official
 * clients run against the sandbox: https://github.com/googleapis/storage-testbench, "retry_test".
 */
export function createRetryTests() {
  const tests = new Map<string, RetryTest>();

  function get(id: string): RetryTest {
    const test = tests.get(id);
    if (!test) throw missing(id);
    return test;
  }

  return {
    get,
    all: () => [...tests.values()],

    /** Throws 400 for an instruction that is unknown. */
    create(asked: Record<string, string[]>, transport: string): RetryTest {
      for (const instruction of Object.values(asked).flat()) {
        try {
          parseInstruction(instruction);
        } catch (error) {
          throw invalid((error as Error).message);
        }
      }
      const id = randomUUID().replaceAll("-", "");
      const instructions = structuredClone(asked);
      const test = { id, instructions, completed: false, transport };
      tests.set(id, test);
      return test;
    },

    remove: (id: string) => void tests.delete(get(id).id),

    /** The effect that this request has to suffer, if its scenario has one for it; each strikes once. */
    take(id: string, ask: Ask): Effect | undefined {
      const test = get(id);
      const [next] = test.instructions[ask.api] ?? [];
      const effect = next === undefined ? undefined : parseInstruction(next);
      if (!effect || !concerns(effect, ask)) return undefined;
      test.instructions[ask.api]?.shift();
      test.completed = Object.values(test.instructions).every((left) => left.length === 0);
      return effect;
    },
  };
}

export type RetryTests = ReturnType<typeof createRetryTests>;
