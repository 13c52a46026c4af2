import { Hono } from "hono";
import {
  accountsByState,
  objectsByState,
  secondsSinceReconciled,
  openIncidents,
  webhooksByState,
} from "../db/gauges.ts";
import { budgetsOfAccounts } from "../db/budgets.ts";
import { describeError } from "../log.ts";
import { requireAdminToken } from "./admin-token.ts";
import type { HttpDeps } from "./deps.ts";

/** Scrapes closer together than this share one count. */
const COUNTED_EVERY_MS = 15_000;

type Deps = Pick<HttpDeps, "db" | "metrics" | "adminToken" | "log" | "callsPerMinute">;

/**
 * `/metrics` for Prometheus, behind the admin token (`authorization.credentials` of a scrape
 * configuration): account ids and amounts are nobody else's business. What lies in the database is
 * counted when asked, and left out while the database does not answer.
 */
export function createMetricsPage(deps: Deps): Hono {
  const { db, metrics, log } = deps;
  let countedAt = Number.NEGATIVE_INFINITY;

  async function count() {
    if (performance.now() - countedAt < COUNTED_EVERY_MS) return;
    countedAt = performance.now();
    metrics.objects.reset();
    metrics.secondsSinceReconciled.reset();
    metrics.budgetLeft.reset();
    metrics.budgetUsed.reset();
    metrics.webhooks.reset();
    const [states, accounts, incidents, webhooks, streams, budgets] = await Promise.all([
      objectsByState(db),
      accountsByState(db),
      openIncidents(db),
      webhooksByState(db),
      secondsSinceReconciled(db),
      budgetsOfAccounts(db, deps.callsPerMinute),
    ]);
    for (const { account, leftThisMinute, usedThisMonth } of budgets) {
      metrics.budgetLeft.set({ account }, leftThisMinute);
      metrics.budgetUsed.set({ account }, usedThisMonth);
    }
    for (const [state, objects] of Object.entries(states)) metrics.objects.set({ state }, objects);
    for (const [state, count] of Object.entries(accounts)) metrics.accounts.set({ state }, count);
    for (const [kind, count] of Object.entries(incidents))
      metrics.incidentsOpen.set({ kind }, count);
    for (const { account, state, count } of webhooks)
      metrics.webhooks.set({ account, state }, count);
    for (const { account, stream, seconds } of streams)
      metrics.secondsSinceReconciled.set({ account, stream }, seconds);
  }

  const page = new Hono();
  page.get("/metrics", requireAdminToken(deps.adminToken), async (c) => {
    await count().catch((error: unknown) =>
      log.warn({ err: describeError(error) }, "Could not count what lies in the database"),
    );
    const { contentType } = metrics.registry;
    return c.body(await metrics.registry.metrics(), 200, { "content-type": contentType });
  });
  return page;
}
