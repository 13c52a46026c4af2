import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { requireAdminToken } from "../admin-token.ts";
import type { HttpDeps } from "../deps.ts";
import { createPauseRoutes } from "./account-pause.ts";
import { createSecretRoutes } from "./account-secrets.ts";
import { createAccountRoutes } from "./accounts.ts";
import { createBudgetRoutes } from "./budgets.ts";
import { createCompletenessRoutes } from "./completeness.ts";
import { createConnectionRoutes } from "./connections.ts";
import { createDeliveryRoutes } from "./deliveries.ts";
import { createDoorRoutes } from "./doors.ts";
import { createEventRoutes } from "./events.ts";
import { createFailureRoutes } from "./failures.ts";
import { createFolderRoutes } from "./folders.ts";
import { capBody, refuseOtherMethods, refuseUnasked } from "./gate.ts";
import { createIncidentRoutes } from "./incidents.ts";
import { createMetadataFieldRoutes } from "./metadata-fields.ts";
import { createPreviewRoutes } from "./previews.ts";
import { createReplayRoutes } from "./replays.ts";
import { createRoutes } from "./routes.ts";
import { createSourceRoutes } from "./sources.ts";
import { createSweepRoutes } from "./sweeps.ts";
import { createVersionRoutes } from "./versions.ts";
import { createWebhookRoutes } from "./webhooks.ts";
import { issueInWords } from "./words.ts";

/**
 * The operators' API under `/api`, behind the admin token. Its own description is open: it holds no
 * data. Whatever goes wrong is thrown, and worded in one place (to-problem.ts).
 */
export function createApi(deps: HttpDeps) {
  // Of the whole process: what has no words of its own is worded by us, wherever it is checked.
  z.config({ localeError: issueInWords });
  const api = createRoutes().basePath("/api");

  api.get("/openapi.json", (c) => c.json(api.getOpenAPI31Document(ABOUT)));

  api.use(notStored, requireAdminToken(deps.adminToken), capBody, refuseUnasked(api));
  api.route("/accounts", createAccountRoutes(deps));
  api.route("/accounts", createPauseRoutes(deps));
  api.route("/accounts", createSecretRoutes(deps));
  api.route("/accounts", createConnectionRoutes(deps));
  api.route("/accounts", createBudgetRoutes(deps));
  api.route("/accounts", createFolderRoutes(deps));
  api.route("/sources", createSourceRoutes(deps));
  api.route("/sources", createSweepRoutes(deps));
  api.route("/sources", createPreviewRoutes(deps));
  api.route("/sources", createCompletenessRoutes(deps));
  api.route("/metadata-fields", createMetadataFieldRoutes(deps));
  api.route("/versions", createVersionRoutes(deps));
  api.route("/incidents", createIncidentRoutes(deps));
  api.route("/webhooks", createWebhookRoutes(deps));
  api.route("/failures", createFailureRoutes(deps));
  api.route("/replays", createReplayRoutes(deps));
  api.route("/deliveries", createDeliveryRoutes(deps));
  api.route("/events", createEventRoutes(deps));
  api.route("/doors", createDoorRoutes(deps));
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
