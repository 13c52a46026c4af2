import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";

/** `npm run model`: the test of the normal suite, with more and longer runs. Exits with 1 on a difference. */
const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(randomInt(2 ** 31)) },
    runs: { type: "string", default: "25" },
    steps: { type: "string", default: "40" },
    path: { type: "string" },
    "replay-path": { type: "string" },
    minutes: { type: "string", default: "600" },
    "shrink-minutes": { type: "string", default: "3" },
    help: { type: "boolean", default: false },
  },
});

const HELP = `Random days in Box and with the service, against a model of what the lake must hold.

  --seed N             of the dice; any unless said
  --runs M             how many days; 25
  --steps K            most steps of one day; 40
  --path, --replay-path  what a report says, to have its day again
  --minutes            after which no further day begins; 600
  --shrink-minutes     how long a day that differed is made shorter; 3`;

if (values.help) {
  console.log(HELP);
  process.exit();
}

console.log(`model: --seed ${values.seed} --runs ${values.runs} --steps ${values.steps}`);
const vitest = await startVitest("test", ["test/model/model.test.ts"], {
  project: "house",
  watch: false,
  provide: {
    model: {
      seed: Number(values.seed),
      runs: Number(values.runs),
      steps: Number(values.steps),
      drawsRare: true,
      limitMs: Number(values.minutes) * 60_000,
      shrinkMs: Number(values["shrink-minutes"]) * 60_000,
      ...(values.path ? { path: values.path } : {}),
      ...(values["replay-path"] ? { replayPath: values["replay-path"] } : {}),
    },
  },
});
await vitest.close();
