import { setTimeout } from "node:timers/promises";

/** Far beyond what anything here takes on a busy machine; a wait that lasts so long is a failure. */
const PATIENCE_MS = 50_000;

/**
 * Asks again and again until the answer is not `undefined` or `false`, and answers it. Throws what
 * was waited for, with the last thing that went wrong, when it never comes.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await setTimeout(25);
  }
  throw new Error(`Waited in vain until ${what}`, { cause: last });
}
