import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import type { createAccess } from "./access.ts";
import { classify } from "./addresses.ts";
import { bucketRoutes } from "./bucket-routes.ts";
import { drain, readText } from "./bytes.ts";
import { ConnectionCut, createCall } from "./call.ts";
import { copyRoutes } from "./copy-routes.ts";
import type { Env } from "./env.ts";
import { errorResponse, GcsError, outage } from "./errors.ts";
import { faultRoutes } from "./fault-routes.ts";
import type { createFaults } from "./faults.ts";
import { objectRoutes } from "./object-routes.ts";
import type { createRequestLog } from "./requests.ts";
import { projectRoutes } from "./project-routes.ts";
import { retryTestRoutes } from "./retry-test-routes.ts";
import { RETRY_TEST_HEADER, type RetryTests } from "./retry-tests.ts";
import { settingsRoutes } from "./settings-routes.ts";
import type { Shelf } from "./shelf.ts";
import { uploadRoutes } from "./upload-routes.ts";

export interface AppParts {
  shelf: Shelf;
  faults: ReturnType<typeof createFaults>;
  retryTests: RetryTests;
  requests: ReturnType<typeof createRequestLog>;
  access: ReturnType<typeof createAccess>;
  log: (line: string) => void;
}

/** Every address of the sandbox. A request is counted, suffers its fault, is let in, and answered. */
export function createApp(parts: AppParts): Hono<Env> {
  const { shelf, faults, retryTests, requests, access, log } = parts;
  const app = new Hono<Env>();
  app.route("/sandbox/faults", faultRoutes(faults.faults));

  app.route("/", retryTestRoutes(retryTests));

  app.use(async (c, next) => {
    const { incoming } = c.env;
    const contentRange = incoming.headers["content-range"];
    const ask = classify(incoming.method ?? "", incoming.url ?? "", contentRange);
    if (!ask) throw new GcsError(404, "notFound", "Not Found");
    c.set("noted", requests.note(ask, contentRange));
    const retryTest = incoming.headers[RETRY_TEST_HEADER];
    const scripted = typeof retryTest === "string" ? retryTests.take(retryTest, ask) : undefined;
    const call = createCall(ask, scripted ?? faults.take(ask), c.env);
    c.set("call", call);
    await call.strike("before");
    access.check(ask, incoming.headers.authorization);
    await next();
    await call.strike("after");
    c.get("noted").status = c.res.status;
  });

  app.route("/", bucketRoutes(shelf, access));
  app.route("/", settingsRoutes(shelf));
  app.route("/", projectRoutes(shelf));
  app.route("/", objectRoutes(shelf, access));
  app.route("/", copyRoutes(shelf));
  app.route("/", uploadRoutes(shelf));
  app.post("/token", async (c) =>
    access.grant(new URLSearchParams(await readText(c.get("call").body))),
  );

  app.notFound(() => errorResponse(new GcsError(404, "notFound", "Not Found")));
  app.onError(async (error, c) => {
    const { incoming } = c.env;
    // The headers of an answer that is withheld must not show in the one that replaces it.
    c.res = undefined;
    if (error instanceof ConnectionCut || incoming.socket.destroyed) return RESPONSE_ALREADY_SENT;
    await drain(incoming);
    if (!(error instanceof GcsError))
      log(`${incoming.method} ${incoming.url?.split("?", 1)[0]} failed: ${error.stack}`);
    const refusal = error instanceof GcsError ? error : outage(500);
    const noted = c.get("noted");
    if (noted) noted.status = refusal.status;
    return errorResponse(refusal);
  });
  return app;
}
