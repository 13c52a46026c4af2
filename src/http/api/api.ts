import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { requireAdminToken } from "../admin-token.ts";
import { readBody } from "../body.ts";
import type { HttpDeps } from "../deps.ts";
import { createAccountPause } from "./account-pause.ts";
import { createAccountSecrets } from "./account-secrets.ts";
import { createAccounts } from "./accounts.ts";
import { createBudgetRoutes } from "./budgets.ts";
import { createCompleteness } from "./completeness.ts";
import { createConnections } from "./connections.ts";
import { createDeliveries } from "./deliveries.ts";
import { createDoors } from "./doors.ts";
import { createEvents } from "./events.ts";
import { createFailures } from "./failures.ts";
import { createFolders } from "./folders.ts";
import { createIncidents } from "./incidents.ts";
import { createMetadataFields } from "./metadata-fields.ts";
import { createPreviews } from "./previews.ts";
import { NO_PARAMETER, pointerTo, Problem } from "./problem.ts";
import { createReplays } from "./replays.ts";
import { createRoutes } from "./routes.ts";
import { createSources } from "./sources.ts";
import { createSweeps } from "./sweeps.ts";
import { createVersions } from "./versions.ts";
import { createWebhooks } from "./webhooks.ts";
import { issueInWords } from "./words.ts";

/** Far above any body that a person writes; ten thousand ids of failures are half of it. */
const LARGEST_BODY_BYTES = 1 << 20;

/**
 * The operators' API under `/api`, behind the admin token. Its own description is open: it holds no
 * data. Whatever goes wrong is thrown, and worded in one place (problem.ts).
 */
export function createApi(deps: HttpDeps) {
  // Of the whole process: what has no words of its own is worded by us, wherever it is checked.
  z.config({ localeError: issueInWords });
  const api = createRoutes().basePath("/api");

  api.get("/openapi.json", (c) => c.json(api.getOpenAPI31Document(ABOUT)));

  api.use(notStored, requireAdminToken(deps.adminToken), capBody, refuseParameters(api));
  api.route("/accounts", createAccounts(deps));
  api.route("/accounts", createAccountPause(deps));
  api.route("/accounts", createAccountSecrets(deps));
  api.route("/accounts", createConnections(deps));
  api.route("/accounts", createBudgetRoutes(deps));
  api.route("/accounts", createFolders(deps));
  api.route("/sources", createSources(deps));
  api.route("/sources", createSweeps(deps));
  api.route("/sources", createPreviews(deps));
  api.route("/metadata-fields", createMetadataFields(deps));
  api.route("/sources", createCompleteness(deps));
  api.route("/versions", createVersions(deps));
  api.route("/incidents", createIncidents(deps));
  api.route("/webhooks", createWebhooks(deps));
  api.route("/failures", createFailures(deps));
  api.route("/replays", createReplays(deps));
  api.route("/deliveries", createDeliveries(deps));
  api.route("/events", createEvents(deps));
  api.route("/doors", createDoors(deps));
  refuseOtherMethods(api);

  api.openAPIRegistry.registerComponent("securitySchemes", "adminToken", {
    type: "http",
    scheme: "bearer",
    description: "The value of ADMIN_TOKEN",
  });
  return api;
}

const ABOUT = {
  openapi: "3.1.0",
  info: {
    title: "Longshore",
    version: "1",
    description:
      "Lands every version of every file in chosen Box folders in a data lake. Lists are paged by cursor: `nextCursor` of one page asks for the next. Refusals are problem details (RFC 9457).",
  },
  security: [{ adminToken: [] }],
};

const notStored: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set("cache-control", "no-store");
};

/** Reads the body once, counted as it comes, before anything looks at it. */
const capBody: MiddlewareHandler = async (c, next) => {
  const { url, method, headers } = c.req.raw;
  if (method !== "GET" && method !== "HEAD") {
    const bytes = Buffer.from(await readBody(c.req.raw, LARGEST_BODY_BYTES));
    // Clients that say JSON for every request send nothing where nothing is needed.
    const isEmptyJson = bytes.length === 0 && headers.get("content-type")?.includes("json");
    c.req.raw = new Request(url, { method, headers, body: isEmptyJson ? "{}" : bytes });
  }
  await next();
};

/** What takes no parameter refuses all, as what takes some refuses others. */
function refuseParameters(api: ReturnType<typeof createRoutes>): MiddlewareHandler {
  return async (c, next) => {
    const names = new Set(new URL(c.req.url).searchParams.keys());
    if (names.size === 0) return next();
    const paths = new Set(matchedRoutes(c).map(({ path }) => path));
    const route = routesOf(api).find(
      ({ method, path }) =>
        method.toUpperCase() === c.req.method && paths.has(`/api${inHono(path)}`),
    );
    if (route && !route.request?.query)
      throw new Problem(400, "The query is wrong", {
        errors: [...names].map((name) => ({ pointer: pointerTo([name]), detail: NO_PARAMETER })),
      });
    return next();
  };
}

const routesOf = (api: ReturnType<typeof createRoutes>) =>
  api.openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));
const inHono = (path: string) => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** A path that is known by other methods says so, rather than that it does not exist. */
function refuseOtherMethods(api: ReturnType<typeof createRoutes>) {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routesOf(api))
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  for (const [path, known] of methods)
    api.all(inHono(path), () => {
      const allow = known.join(", ");
      throw new Problem(405, `Only ${allow}`, { headers: { allow } });
    });
}
