import { differences } from "./compare.ts";
import type { Scene } from "./scene.ts";
import { hoursPass, settle } from "./settle.ts";
import { untruths } from "./truth.ts";

/**
 * Nobody does anything, nothing goes wrong, and time passes: then the lake must equal the model, and the
 * service, if asked, must say so.
 */
export async function rest(scene: Scene, asksService: boolean): Promise<void> {
  scene.calm();
  if (!scene.running.isUp) await scene.start();
  await settle(scene);
  if (scene.weather.isSilent) await sweep(scene);
  scene.journal.observe();
  complain("The lake is not what it must be", await differences(scene));
  // A paused account has still to be told.
  if (scene.readers.some(({ paused }) => paused)) return;
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
  for (const { id, paused, reader } of scene.journal.living())
    if (!paused && !reader.paused) await scene.house.api("POST", `/api/sources/${id}/sweeps`);
  await settle(scene);
}

export async function resumeAll(scene: Scene): Promise<void> {
  const { house, running, readers, journal } = scene;
  if (!running.isUp) await scene.start();
  for (const reader of readers) {
    if (reader.paused) await house.api("POST", `/api/accounts/${reader.id}/resume`);
    reader.paused = false;
  }
  for (const source of journal.living()) {
    if (source.paused) await house.api("POST", `/api/sources/${source.id}/resume`);
    source.paused = false;
  }
}
