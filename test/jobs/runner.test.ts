import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import postgres from "postgres";
import { expect, inject, test } from "vitest";
import { createHeldLeases } from "../../src/jobs/held-leases.ts";
import { startWorker } from "../../src/jobs/runner.ts";
import type { JobDeps } from "../../src/jobs/task.ts";
import { createLog } from "../../src/log.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { layCable } from "../support/cable.ts";
import { databaseForEach } from "../support/for-each.ts";
import { eventually } from "../support/eventually.ts";

const at = databaseForEach();

/** Cuts every connection of this database but the asker's, as a server that restarts does. */
async function cutConnections() {
  const admin = postgres(inject("postgresUrl"), { max: 1, onnotice: () => {} });
  const name = new URL(at.url).pathname.slice(1);
  const cut = await admin`
    select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name}`;
  await admin.end();
  return cut.length;
}

/** A worker whose checks are done by `check`, with the queue behind this address. */
function startChecks(databaseUrl: string, check: (payload: unknown) => Promise<void>) {
  const deps = {
    db: at.db,
    worker: randomUUID(),
    held: createHeldLeases(),
    log: createLog("silent"),
    random: () => 0,
  } as unknown as JobDeps;
  const idle = async () => {};
  const tasks = { store_version: idle, sync_file: check, reconcile: idle, keep_webhooks: idle };
  const places = { stores: 2, newsStores: 1, others: 2, newsOthers: 1 };
  return startWorker(deps, { databaseUrl, tasks, ...places });
}

test("a worker whose connections are cut again and again goes on working, and nothing goes uncaught", async () => {
  const ran: number[] = [];
  const worker = await startChecks(at.url, async (payload) => {
    ran.push((payload as { checkId: number }).checkId);
  });
  for (let round = 1; round <= 4; round++) {
    await eventually("the runners are connected", async () => {
      const listening = await at.db
        .execute(
          sql`select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%'`,
        )
        .catch(() => []);
      return listening.length >= 2;
    });
    expect(await cutConnections()).toBeGreaterThan(2);
    await eventually("the database takes a job", () =>
      enqueue(at.db, [{ task: "sync_file", payload: { checkId: round } }]).then(
        () => true,
        () => false,
      ),
    );
    await eventually("the job was worked", () => ran.includes(round));
  }
  await worker.stop();
  const left = await at.db.execute(
    sql`select id from graphile_worker.jobs where locked_at is not null`,
  );
  expect(left).toHaveLength(0);
}, 90_000);

test("a worker that lost the database just as it began to fetch begins again", async () => {
  let losses = 0;
  const cable = await layCable(at.url, {
    breaks: (sent) => {
      // What each runner asks for once, before anything else.
      const isLost = sent.includes("_private_tasks as tasks (identifier)") && losses < 4;
      if (isLost) losses++;
      return isLost;
    },
  });
  const worked = Promise.withResolvers<void>();
  const worker = await startChecks(cable.url, async () => worked.resolve());
  await enqueue(at.db, [{ task: "sync_file", payload: { checkId: 1 } }]);
  await worked.promise;
  expect(losses).toBeGreaterThan(0);
  await worker.stop();
  cable.cut();
});
