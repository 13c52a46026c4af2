import { sql } from "drizzle-orm";
import * as fc from "../../support/dice.ts";
import { enqueue } from "../../../src/operations/enqueue.ts";
import { passTime, quiet } from "../settle.ts";
import { step, up } from "../step.ts";

const reconcile = fc.constant(
  step("the pass of the minute", ({ house }) =>
    enqueue(house.db, [{ task: "reconcile", payload: {} }]),
  ),
);

const wait = fc.constant(
  up("wait until the queue is idle", async (scene) => {
    await scene.house.box.idle();
    await quiet(scene);
  }),
);

const later = fc.constant(up("let time pass", passTime));

const stopOrStart = fc.constant(
  step("stop the service, or start it", async (scene) => {
    if (scene.running.isUp) await scene.running.stop();
    else await scene.start();
  }),
);

const drop = fc.constant(up("the database ends every connection", ({ running }) => running.drop()));

const abort = fc.constant(
  up("the service dies, and another takes over", ({ running }) => running.abort()),
);

/** A process by itself, and its death: slower than the deaths above, and nothing is left to chance of ours. */
const kill = fc
  .nat({ max: 400 })
  .map((ms) => up(`kill a worker after ${ms} ms`, ({ running }) => running.kill(ms)));

/** All that happens until it is started again is told by nobody. */
const away = fc.constant(
  step("three weeks pass without the service", async (scene) => {
    await scene.running.stop();
    scene.isAway = true;
    scene.journal.nothingIsTold();
    await scene.house.db.execute(sql`update positions set read_at = now() - interval '21 days'`);
  }),
);

/** What becomes of the service with time. */
export const serviceSteps = [
  { weight: 3, arbitrary: reconcile },
  { weight: 4, arbitrary: wait },
  { weight: 3, arbitrary: later },
  { weight: 2, arbitrary: stopOrStart },
];

/** And what seldom does. */
export const rareServiceSteps = [
  { weight: 2, arbitrary: abort },
  { weight: 1, arbitrary: drop },
  { weight: 1, arbitrary: kill },
  { weight: 1, arbitrary: away },
];
