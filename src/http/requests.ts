import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { HttpDeps } from "./deps.ts";

/** Asked every few seconds by machines: worth no line unless somebody looks for it. */
const QUIET = new Set(["/healthz", "/readyz", "/metrics"]);

/** One log line and one measurement a request, under its route's pattern: never an id or a query. */
export function watchRequests({
  log,
  metrics,
}: Pick<HttpDeps, "log" | "metrics">): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const durationMs = performance.now() - startedAt;
    const { method } = c.req;
    const { status } = c.res;
    const route = routePath(c, -1);
    metrics.requestSeconds.observe({ method, route, status: String(status) }, durationMs / 1000);
    const fields = { method, route, status, duration_ms: Math.round(durationMs) };
    log[QUIET.has(route) ? "debug" : "info"](fields, `${method} ${route} ${status}`);
  };
}

/** No guessing of types, and no address of ours in anybody's log. */
export const secureHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set("x-content-type-options", "nosniff");
  c.res.headers.set("referrer-policy", "no-referrer");
};
