import { expect, inject, test } from "vitest";
import { type Asked, explore } from "./property.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** What `npm run model` was asked for; absent in the normal suite. */
    model?: Partial<Asked>;
  }
}

const MINUTE = 60_000;

const asked: Asked = {
  // Always the same days; `npm run model` looks for others.
  seed: Number(process.env["SEED"] ?? 1),
  runs: 5,
  steps: 20,
  drawsRare: false,
  limitMs: MINUTE / 3,
  shrinkMs: MINUTE,
  ...inject("model"),
};

let run = 0;
function onRun(different: string | undefined) {
  run++;
  if (run % 10 === 0) console.log(`${run} runs`);
  if (different !== undefined) console.log(`run ${run} differs\n${different}\n`);
}

test(
  `the lake equals the model after every run (seed ${asked.seed})`,
  async () => {
    const report = await explore({ ...asked, onRun });
    expect(report, report).toBeUndefined();
  },
  asked.limitMs + asked.shrinkMs + MINUTE,
);
