import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Role } from "../../src/config.ts";
import type { Service } from "../../src/service.ts";
import { type Cable, layCable } from "../support/cable.ts";
import { eventually } from "../support/eventually.ts";
import type { House } from "../support/house.ts";
import { startWorkerProcess } from "../support/worker-process.ts";

export type Running = ReturnType<typeof createRunning>;

/** The service, with so many workers, as it is started, stopped, and cut off from its database. */
export function createRunning(house: House, workers: number) {
  const services: Service[] = [];
  let way: Cable | undefined;
  let hadTrouble = false;

  async function begin(...roles: Role[]) {
    way ??= await layCable(house.config.databaseUrl);
    services.push(await house.startAs({ ...house.config, databaseUrl: way.url }, ...roles));
  }

  async function work() {
    for (let nth = 0; nth < workers; nth++) await begin("worker");
  }

  async function start() {
    await work();
    await begin("web");
  }

  async function stop() {
    for (const service of services.splice(0)) await house.stop(service);
  }

  return {
    get isUp() {
      return services.length > 0;
    },
    /** Its database was gone for a moment, which it may say. */
    get hadTrouble() {
      return hadTrouble;
    },
    start,
    stop,

    /** Every connection to the database ends, in the middle of whatever is done; new ones may be made. */
    async drop() {
      hadTrouble = true;
      way?.drop();
      await eventually("the API answers", () => house.api("GET", "/api/accounts").then(() => true));
    },

    /**
     * The service dies, as by SIGKILL as far as the database can tell: what it has begun stays as it is, and
     * another takes over while it still does what needs no database.
     */
    async abort() {
      hadTrouble = true;
      const dead = services.splice(0);
      way?.cut();
      way = undefined;
      await beSilent(house);
      await work();
      // It may find that it cannot say goodbye.
      for (const service of dead) await house.stop(service).catch(() => {});
      await begin("web");
    },

    /** A worker of its own process takes over, and is killed after so long, whatever it is at. */
    async kill(afterMs: number) {
      await stop();
      await begin("web");
      const worker = startWorkerProcess(house, new Set());
      const killed = once(worker, "exit");
      await eventually("the worker lives", async () => {
        return (await house.db.execute(sql`select id from workers`)).length > 0;
      });
      await sleep(afterMs);
      worker.kill("SIGKILL");
      await killed;
      await stop();
      await beSilent(house);
      await start();
    },

    async close() {
      await stop();
      way?.cut();
    },
  };
}

/** As if nobody had heard of any worker for longer than a living one is ever silent. */
async function beSilent({ db }: House) {
  await db.execute(sql`update workers set alive_until = now() - interval '1 second'`);
  for (const table of ["_private_jobs", "_private_job_queues"])
    await db.execute(sql`
      update graphile_worker.${sql.identifier(table)}
      set locked_at = locked_at - interval '1 minute' where locked_at is not null`);
}
