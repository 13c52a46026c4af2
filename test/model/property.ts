import * as fc from "../support/dice.ts";
import { rest, resumeAll } from "./rest.ts";
import { openScene } from "./scene.ts";
import { step } from "./step.ts";
import { accountSteps } from "./steps/accounts.ts";
import { boxSteps } from "./steps/files.ts";
import { rareServiceSteps, serviceSteps } from "./steps/service.ts";
import { rareFaults, signalSteps } from "./steps/signals.ts";
import { rareSourceSteps, sourceSteps } from "./steps/sources.ts";
import { weather } from "./weather.ts";

export interface Asked {
  seed: number;
  runs: number;
  /** Most steps of one run. */
  steps: number;
  /** Also what happens seldom: the normal suite leaves it out, its few runs are for the common. */
  drawsRare: boolean;
  /** Where a run that failed is to be gone on with, as a report says. */
  path?: string | undefined;
  replayPath?: string | undefined;
  /** After so long no further run begins; the one under way comes to its end. */
  limitMs: number;
  /** How long a run that failed is made shorter. */
  shrinkMs: number;
  /** Told of every run: undefined, or what differed. */
  onRun?: (different: string | undefined) => void;
}

/**
 * Runs the service through random days and compares what it stored with the model. Answers the
 * report of the shortest run found in which they differ, or undefined when they never did.
 */
export async function explore(asked: Asked): Promise<string | undefined> {
  const rare = asked.drawsRare
    ? [...accountSteps, ...rareSourceSteps, ...rareServiceSteps, ...rareFaults]
    : [];
  const rests = fc
    .boolean()
    .map((asks) =>
      step(`rest, and compare${asks ? " and ask" : ""}`, (scene) => rest(scene, asks)),
    );
  const steps = fc.oneof(...boxSteps, ...signalSteps, ...sourceSteps, ...serviceSteps, ...rare, {
    weight: 2,
    arbitrary: rests,
  });
  const days = fc.commands([steps], {
    maxCommands: asked.steps,
    size: "max",
    ...(asked.replayPath ? { replayPath: asked.replayPath } : {}),
  });
  let until = Date.now() + asked.limitMs;
  let hasFailed = false;
  const property = fc.asyncProperty(weather, days, async (weather, commands) => {
    // What passes is no further run, and cannot be made shorter. An interruption would leave one under way.
    if (Date.now() > until) return;
    const scene = await openScene(weather);
    try {
      await fc.asyncModelRun(() => ({ model: scene.journal, real: scene }), commands);
      await resumeAll(scene);
      await rest(scene, true);
      asked.onRun?.(undefined);
    } catch (error) {
      if (!hasFailed) until = Date.now() + asked.shrinkMs;
      hasFailed = true;
      asked.onRun?.(`${[...commands].map(String).join(", ")}\n${String(error)}`);
      throw error;
    } finally {
      await scene.close();
    }
  });
  const result = await fc.check(property, {
    seed: asked.seed,
    numRuns: asked.runs,
    ...(asked.path ? { path: asked.path } : {}),
  });
  if (!result.failed) return undefined;
  const again = `npm run model -- --seed ${asked.seed} --steps ${asked.steps} --path ${result.counterexamplePath}`;
  return `${fc.defaultReportMessage(result)}\n${String(result.errorInstance)}\nAgain, with --replay-path as above: ${again}`;
}
