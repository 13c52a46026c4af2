import * as fc from "fast-check";
import { ALL, asks } from "./asks.ts";
import { differences } from "./compare.ts";
import { naming } from "./names.ts";
import { openScene, type Scene, type Weather } from "./scene.ts";
import { hoursPass, settle } from "./settle.ts";
import { step } from "./step.ts";
import { boxSteps } from "./steps/files.ts";
import { rareServiceSteps, serviceSteps } from "./steps/service.ts";
import { rareFaults, signalSteps } from "./steps/signals.ts";
import { untruths } from "./truth.ts";

const weather: fc.Arbitrary<Weather> = fc.record({
  subject: fc.constantFrom("enterprise", "user"),
  userEventsShowNow: fc.boolean(),
  shortPages: fc.boolean(),
  positionsAsText: fc.boolean(),
  keptVersions: fc.constantFrom(100, 100, 2),
  copiedAtOnce: fc.constantFrom(500, 1),
  isDeaf: fc.boolean(),
  isSilent: fc.boolean(),
  first: fc.oneof({ weight: 2, arbitrary: fc.constant(ALL) }, asks),
  naming,
});

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
  /** After so long no further run begins. */
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
  const rare = asked.drawsRare ? [...rareServiceSteps, ...rareFaults] : [];
  const steps = fc.oneof(...boxSteps, ...signalSteps, ...serviceSteps, ...rare, {
    weight: 2,
    arbitrary: fc
      .boolean()
      .map((asksService) =>
        step(`rest, and compare${asksService ? " and ask" : ""}`, (scene) =>
          rest(scene, asksService),
        ),
      ),
  });
  const days = fc.commands([steps], {
    maxCommands: asked.steps,
    size: "max",
    ...(asked.replayPath ? { replayPath: asked.replayPath } : {}),
  });
  let shrinkUntil = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(weather, days, async (weather, commands) => {
    // What passes cannot be made shorter: so the shrinking ends.
    if (Date.now() > shrinkUntil) return;
    const scene = await openScene(weather);
    try {
      await fc.asyncModelRun(() => ({ model: scene.journal, real: scene }), commands);
      await resumeAll(scene);
      await rest(scene, true);
      asked.onRun?.(undefined);
    } catch (error) {
      shrinkUntil = Math.min(shrinkUntil, Date.now() + asked.shrinkMs);
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
    interruptAfterTimeLimit: asked.limitMs,
  });
  if (!result.failed) return undefined;
  const again = `npm run model -- --seed ${asked.seed} --steps ${asked.steps} --path ${result.counterexamplePath}`;
  return `${fc.defaultReportMessage(result)}\n${String(result.errorInstance)}\nAgain, with --replay-path as above: ${again}`;
}

/**
 * Nobody does anything, nothing goes wrong, and time passes: then the lake must equal the model, and the
 * service, if asked, must say so.
 */
async function rest(scene: Scene, asksService: boolean): Promise<void> {
  scene.calm();
  if (!scene.service) await scene.start();
  await settle(scene);
  if (scene.weather.isSilent && !scene.isPaused) await sweep(scene);
  scene.journal.observe();
  complain("The lake is not what it must be", await differences(scene));
  if (scene.isPaused) return;
  scene.journal.allIsTold();
  scene.isAway = false;
  if (!asksService) return;
  await hoursPass(scene);
  await sweep(scene);
  complain("The service says what is not so", await untruths(scene));
}

function complain(of: string, found: string[]): void {
  if (found.length > 0) throw new Error(`${of}:\n${found.join("\n")}`);
}

/** Compares all sources in full. */
async function sweep(scene: Scene): Promise<void> {
  for (const { id, paused } of scene.journal.living())
    if (!paused) await scene.house.api("POST", `/api/sources/${id}/sweeps`);
  await settle(scene);
}

async function resumeAll(scene: Scene): Promise<void> {
  if (!scene.service) await scene.start();
  if (scene.isPaused) await scene.house.api("POST", `/api/accounts/${scene.accountId}/resume`);
  scene.isPaused = false;
  for (const source of scene.journal.living()) {
    if (source.paused) await scene.house.api("POST", `/api/sources/${source.id}/resume`);
    source.paused = false;
  }
}
