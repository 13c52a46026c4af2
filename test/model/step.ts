import * as fc from "../support/dice.ts";
import { Refusal } from "../../sandbox/box/refusal.ts";
import type { Journal } from "./journal.ts";
import type { Scene } from "./scene.ts";

/** One thing that happens to Box, to the signals or to the service. */
export type Step = fc.AsyncCommand<Journal, Scene>;

/** Stands for one of what there is when its turn comes. */
export const which = fc.nat({ max: 30 });

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

/** A step that needs the service: the API answers only while it is up. */
export const up = (name: string, act: (scene: Scene) => Promise<unknown>): Step =>
  step(name, async (scene) => {
    if (scene.running.isUp) await act(scene);
  });

/** What Box's trouble makes the API refuse has not happened. */
export async function unlessBoxFails(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!/: (503 |422 .*Box)/.test(String(error))) throw error;
  }
}
