import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "@prometheus-io/client";

export type Metrics = ReturnType<typeof createMetrics>;

/** Every figure of one process, under names that Prometheus users expect. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    deliveries: new Counter({
      name: "longshore_deliveries_total",
      help: "Webhook requests by what became of them",
      labelNames: ["outcome"] as const,
      registers,
    }),
    oddEvents: new Counter({
      name: "longshore_odd_events_total",
      help: "Events of Box that could not be read, by stream; they are kept",
      labelNames: ["stream"] as const,
      registers,
    }),
    boxCalls: new Counter({
      name: "longshore_box_calls_total",
      help: "Calls to Box by kind, status and account",
      labelNames: ["kind", "status", "account"] as const,
      registers,
    }),
    jobs: new Counter({
      name: "longshore_jobs_total",
      help: "Runs of jobs by task, outcome and failure",
      labelNames: ["task", "outcome", "failure"] as const,
      registers,
    }),
    jobSeconds: new Histogram({
      name: "longshore_job_duration_seconds",
      help: "How long runs of jobs took",
      labelNames: ["task"] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 600],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "longshore_http_request_duration_seconds",
      help: "How long requests took by route and status",
      labelNames: ["method", "route", "status"] as const,
      buckets: [0.002, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    budgetLeft: new Gauge({
      name: "longshore_box_budget_left",
      help: "Calls that an account's Box user has left this minute, read when asked",
      labelNames: ["account"] as const,
      registers,
    }),
    budgetUsed: new Gauge({
      name: "longshore_box_budget_used_month",
      help: "Calls that an account's Box user has made this month (UTC), read when asked",
      labelNames: ["account"] as const,
      registers,
    }),
    objects: new Gauge({
      name: "longshore_objects",
      help: "Objects by state, counted when asked",
      labelNames: ["state"] as const,
      registers,
    }),
    accounts: new Gauge({
      name: "longshore_accounts",
      help: "Accounts by state, counted when asked",
      labelNames: ["state"] as const,
      registers,
    }),
    incidentsOpen: new Gauge({
      name: "longshore_incidents_open",
      help: "Incidents that are open, by kind, counted when asked",
      labelNames: ["kind"] as const,
      registers,
    }),
    webhooks: new Gauge({
      name: "longshore_webhooks",
      help: "Webhooks by account and state, counted when asked; Box allows 1000 an application and user",
      labelNames: ["account", "state"] as const,
      registers,
    }),
    secondsSinceReconciled: new Gauge({
      name: "longshore_reconciliation_age_seconds",
      help: "Since a stream was last read to its end, by account, counted when asked",
      labelNames: ["account", "stream"] as const,
      registers,
    }),
  };
}
