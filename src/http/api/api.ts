import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { requireAdminToken } from "../admin-token.ts";
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
import { capBody, refuseOtherMethods, refuseUnasked } from "./gate.ts";
import { createIncidents } from "./incidents.ts";
import { createMetadataFields } from "./metadata-fields.ts";
import { createPreviews } from "./previews.ts";
import { createReplays } from "./replays.ts";
import { createRoutes } from "./routes.ts";
import { createSources } from "./sources.ts";
import { createSweeps } from "./sweeps.ts";
import { createVersions } from "./versions.ts";
import { createWebhooks } from "./webhooks.ts";
import { issueInWords } from "./words.ts";

/**
 * The operators' API under `/api`, behind the admin token. Its own description is open: it holds no
 * data. Whatever goes wrong is thrown, and worded in one place (problem.ts).
 */
export function createApi(deps: HttpDeps) {
  // Of the whole process: what has no words of its own is worded by us, wherever it is checked.
  z.config({ localeError: issueInWords });
  const api = createRoutes().basePath("/api");

  api.get("/openapi.json", (c) => c.json(api.getOpenAPI31Document(ABOUT)));

  api.use(notStored, requireAdminToken(deps.adminToken), capBody, refuseUnasked(api));
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
