import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import * as fc from "fast-check";
import { enqueue } from "../../../src/operations/enqueue.ts";
import { eventually } from "../../support/eventually.ts";
import { startWorkerProcess } from "../../support/worker-process.ts";
import { asks, edit, inWords, toRequest } from "../asks.ts";
import { naming } from "../names.ts";
import { itemsOf, pick, type Scene } from "../scene.ts";
import { passTime, quiet } from "../settle.ts";
import { step } from "../step.ts";

const which = fc.nat({ max: 30 });

/** The API answers only while the service is up. */
const up = (name: string, act: (scene: Scene) => Promise<unknown>) =>
  step(name, async (scene) => {
    if (scene.service) await act(scene);
  });

/** More would only be slow. */
const MOST_SOURCES = 3;

const register = fc.record({ number: which, asks, naming }).map(({ number, asks, naming }) =>
  up(`register folder ${number} for ${inWords(asks)}, named ${naming}`, async (scene) => {
    const { account, boxUserId, journal } = scene;
    const chosen = pick(itemsOf(account, "folder"), number);
    if (!chosen || journal.living().length >= MOST_SOURCES) return;
    if (account.sees(boxUserId, chosen))
      await unlessBoxFails(() => scene.register(chosen.id, asks, naming));
  }),
);

const editSource = fc.record({ number: which, edit }).map(({ number, edit }) =>
  up(`source ${number} now asks for ${inWords(edit)}`, async ({ house, journal }) => {
    const source = pick(journal.living(), number);
    if (!source) return;
    await house.api("PATCH", `/api/sources/${source.id}`, toRequest(edit));
    journal.edit(source, edit);
  }),
);

const togglePause = which.map((number) =>
  up(`pause or resume source ${number}`, async ({ house, journal }) => {
    const source = pick(journal.living(), number);
    if (!source) return;
    source.paused = !source.paused;
    await house.api("POST", `/api/sources/${source.id}/${source.paused ? "pause" : "resume"}`);
  }),
);

const remove = which.map((number) =>
  up(`delete source ${number}`, async ({ house, journal }) => {
    const source = pick(journal.living(), number);
    if (!source) return;
    await house.api("DELETE", `/api/sources/${source.id}`);
    source.ended = true;
  }),
);

const togglePauseOfAccount = fc.constant(
  up("pause or resume the account", async (scene) => {
    scene.isPaused = !scene.isPaused;
    const verb = scene.isPaused ? "pause" : "resume";
    await scene.house.api("POST", `/api/accounts/${scene.accountId}/${verb}`);
  }),
);

const relink = fc.constant(
  up("give the account new credentials", ({ house, accountId, weather: { subject } }) => {
    const { clientId, clientSecret, enterpriseId, userId } = house.box.ccg;
    const subjectId = subject === "user" ? userId : enterpriseId;
    const auth = { kind: "ccg", clientId, clientSecret, subject, subjectId };
    return unlessBoxFails(() =>
      house.api("PUT", `/api/accounts/${accountId}/credentials`, { auth }),
    );
  }),
);

/** The admin's authorisation of the application, without which Box refuses all that is asked of it. */
const toggleAuthorisation = fc.constant(
  step("take the authorisation away, or give it back", async ({ house: { box } }) => {
    const { settings } = box.faults;
    settings.appAuthorised = !settings.appAuthorised;
  }),
);

/** What Box's trouble makes the API refuse has not happened. */
async function unlessBoxFails(act: () => Promise<unknown>) {
  try {
    await act();
  } catch (error) {
    if (!/: (503 |422 .*Box)/.test(String(error))) throw error;
  }
}

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
    if (scene.service) await stop(scene);
    else await scene.start();
  }),
);

/** All that happens until it is started again is told by nobody. */
const away = fc.constant(
  step("three weeks pass without the service", async (scene) => {
    if (scene.service) await stop(scene);
    scene.isAway = true;
    scene.journal.nothingIsTold();
    await scene.house.db.execute(sql`update positions set read_at = now() - interval '21 days'`);
  }),
);

async function stop(scene: Scene) {
  if (scene.service) await scene.house.stop(scene.service);
  scene.service = undefined;
}

/** A worker of its own process takes over, and is killed in the middle of what it found. */
const kill = fc.nat({ max: 400 }).map((ms) =>
  up(`kill a worker after ${ms} ms`, async (scene) => {
    const { house, service } = scene;
    if (service) await house.stop(service);
    scene.service = await house.start("web");
    const worker = startWorkerProcess(house, new Set());
    const killed = once(worker, "exit");
    await eventually("the worker lives", async () => (await livingWorkers(scene)) > 0);
    await sleep(ms);
    worker.kill("SIGKILL");
    await killed;
    await house.stop(scene.service);
    await beSilent(scene);
    scene.service = await house.start("web", "worker");
  }),
);

/** As if nobody had heard of any worker for longer than a living one is ever silent. */
async function beSilent({ house }: Scene) {
  await house.db.execute(sql`update workers set alive_until = now() - interval '1 second'`);
  for (const table of ["_private_jobs", "_private_job_queues"])
    await house.db.execute(sql`
      update graphile_worker.${sql.identifier(table)}
      set locked_at = locked_at - interval '1 minute' where locked_at is not null`);
}

const livingWorkers = async ({ house }: Scene) =>
  (await house.db.execute(sql`select id from workers`)).length;

/** What operators and time do. */
export const serviceSteps = [
  { weight: 2, arbitrary: register },
  { weight: 3, arbitrary: editSource },
  { weight: 1, arbitrary: togglePause },
  { weight: 3, arbitrary: reconcile },
  { weight: 4, arbitrary: wait },
  { weight: 3, arbitrary: later },
  { weight: 2, arbitrary: stopOrStart },
  { weight: 1, arbitrary: kill },
];

/** What they do seldom. */
export const rareServiceSteps = [
  { weight: 1, arbitrary: remove },
  { weight: 1, arbitrary: togglePauseOfAccount },
  { weight: 1, arbitrary: relink },
  { weight: 1, arbitrary: toggleAuthorisation },
  { weight: 1, arbitrary: away },
];
