import { randomUUID } from "node:crypto";
import { createConsent } from "./box/auth-consent.ts";
import { createClock } from "./box/clock.ts";
import { openBox } from "./box/open-client.ts";
import { type BoxCall, createTransport } from "./box/transport.ts";
import { canReceiveWebhooks, type Config, type Role, secretsKeys } from "./config.ts";
import { pendingMigrations } from "./db/migrate.ts";
import { openDatabase } from "./db/open.ts";
import { doubtAllWebhooks } from "./db/webhooks.ts";
import { createApp, createMachineRoom } from "./http/app.ts";
import { type Fetch, listen } from "./http/server.ts";
import { createHeldLeases } from "./jobs/held-leases.ts";
import { startWorker } from "./jobs/runner.ts";
import { type CountJob, createTasks } from "./jobs/tasks.ts";
import { openGcsStore } from "./lake/gcs-store.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { createBudgets } from "./operations/budgets.ts";
import { createBoxClients } from "./operations/box-clients.ts";
import { holdToBucket } from "./operations/lake-bucket.ts";
import { createSecrets } from "./secrets.ts";

/** Objects stored side by side by one worker: Box allows an identity about 17 calls a second. */
const STORES = 16;
/** And so many more of what is new, while those wait for Box. */
const NEWS_STORES = 4;
/** Checks, walks and passes side by side. */
const OTHERS = 4;
/** And so many more of what is new, while walks of backfills and sweeps take their turns. */
const NEWS_OTHERS = 2;

export interface Service {
  /** Where this process listens; undefined for a worker alone that is given no port. */
  port: number | undefined;
  /** Stops listening, lets work stop at its next safe point, and closes everything; then throws what went wrong first. */
  stop(): Promise<void>;
}

/**
 * Builds every part from the configuration and starts the roles. Throws, having started nothing
 * that it leaves running, when the database is not migrated, the lake refuses what is needed or is not the
 * one in which the objects lie, or the port is taken.
 */
export async function startService(
  config: Config,
  roles: ReadonlySet<Role>,
  log: Log,
): Promise<Service> {
  const database = openDatabase(config.databaseUrl);
  const { db } = database;
  const closers: (() => Promise<void>)[] = [database.close];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const close of closers.splice(0).reverse())
      await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const pending = await pendingMigrations(db);
    if (pending > 0)
      throw new Error(`The database lacks ${pending} migration(s): run the role "migrate" first`);
    const tracing = config.tracesUrl
      ? (await import("./tracing.ts")).openTracing(config.tracesUrl, (why) =>
          log.warn({ why }, "Spans were not sent"),
        )
      : undefined;
    if (tracing) closers.push(tracing.close);
    const { allowed, bucket, prefix } = config.lake;
    const otherBuckets = allowed.map((place) => place.bucket);
    const lake = openGcsStore({ ...config.lake, otherBuckets, log, onCall: tracing?.call });
    await lake.probe();
    await holdToBucket(db, bucket);

    const metrics = createMetrics();
    const secrets = createSecrets(...secretsKeys(config));
    const { callsPerMinute } = config.box;
    const budgets = createBudgets({ db, log, callsPerMinute });
    closers.push(budgets.close);
    const clock = createClock();
    const watched = (account: string) => ({
      clock,
      onCall(call: BoxCall) {
        metrics.boxCalls.inc({ kind: call.kind, status: String(call.status), account });
        tracing?.call({ ...call, account });
      },
    });
    const boxes = createBoxClients(db, secrets, budgets, (credentials, account) =>
      openBox({ endpoints: config.box, credentials, log, ...watched(account) }),
    );
    const { publicUrl, adminToken } = config;
    const webhookBase = canReceiveWebhooks(config) ? publicUrl : undefined;
    const formerWebhookBase = config.previousPublicUrl;
    const shared = { db, boxes, lake, secrets, webhookBase, formerWebhookBase, log, prefix };

    if (roles.has("worker")) {
      const deps = { worker: randomUUID(), held: createHeldLeases(), random: Math.random };
      const countOddEvents = (stream: string, events: number) =>
        metrics.oddEvents.inc({ stream }, events);
      const { sweepEveryMs, retentionDays } = config;
      const jobs = { ...shared, ...deps, sweepEveryMs, retentionDays, countOddEvents };
      const count: CountJob = (task, outcome, failure, seconds) => {
        metrics.jobs.inc({ task, outcome, failure: failure ?? "" });
        metrics.jobSeconds.observe({ task }, seconds);
      };
      const tasks = createTasks(jobs, count, tracing?.job);
      await doubtAllWebhooks(db);
      const { databaseUrl } = config;
      const worker = await startWorker(jobs, {
        databaseUrl,
        tasks,
        stores: STORES,
        newsStores: NEWS_STORES,
        others: OTHERS,
        newsOthers: NEWS_OTHERS,
      });
      closers.push(worker.stop);
    }
    const isWeb = roles.has("web");
    const port = isWeb ? config.port : config.workerPort;
    if (port === undefined) return { port, stop };
    const consent = createConsent(createTransport(watched("trial")), config.box.oauthUrl);
    const places = [{ bucket, prefix }, ...allowed] as const;
    const own = { consent, metrics, adminToken, publicUrl, callsPerMinute, places };
    const asked = { ...shared, ...own };
    const app = isWeb ? createApp(asked) : createMachineRoom(asked);
    const fetch: Fetch = (request, env) => app.fetch(request, env);
    const server = await listen(fetch, { host: config.host, port });
    closers.push(server.close);
    return { port: server.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
