import type { AsyncCommand } from "fast-check";
import { Refusal } from "../../sandbox/box/refusal.ts";
import type { Journal } from "./journal.ts";
import type { Scene } from "./scene.ts";

/** One thing that happens to Box, to the signals or to the service. */
export type Step = AsyncCommand<Journal, Scene>;

/**
 * A step that says its name in a report. What Box refuses does not happen, as it would not for a
 * person; the model looks at Box afterwards, whatever became of it.
 */
export const step = (name: string, act: (scene: Scene) => Promise<unknown>): Step => ({
  check: () => true,
  async run(journal, scene) {
    try {
      await act(scene);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    journal.observe();
  },
  toString: () => name,
});
