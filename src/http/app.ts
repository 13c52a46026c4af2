import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { describeError } from "../log.ts";
import { createApi } from "./api/api.ts";
import type { HttpDeps } from "./deps.ts";
import { createHealth } from "./health.ts";
import { createMetricsPage } from "./metrics.ts";
import { createPages } from "./pages/pages.tsx";
import { answerProblem, Problem } from "./problem.ts";
import { secureHeaders, watchRequests } from "./requests.ts";
import { toProblem } from "./to-problem.ts";
import { createWebhookDoor } from "./webhooks.ts";

/** Every route, by who calls it. */
export function createApp(deps: HttpDeps): OpenAPIHono {
  const app = new OpenAPIHono();
  app.use(watchRequests(deps), secureHeaders);

  // Box
  app.route("/webhooks/box", createWebhookDoor(deps));
  // operators' programs
  app.route("/", createApi(deps));
  // people
  app.route("/", createPages(deps));
  // the machines around us
  app.route("/", createHealth(deps));
  app.route("/", createMetricsPage(deps));

  answerTrouble(app, deps);
  return app;
}

/** What a worker alone answers: the machines around it, and nobody else. */
export function createMachineRoom(deps: MachineDeps): OpenAPIHono {
  const app = new OpenAPIHono();
  app.use(watchRequests(deps), secureHeaders);
  app.route("/", createHealth(deps));
  app.route("/", createMetricsPage(deps));
  answerTrouble(app, deps);
  return app;
}

type MachineDeps = Pick<
  HttpDeps,
  "db" | "lake" | "log" | "metrics" | "adminToken" | "callsPerMinute"
>;

function answerTrouble(app: OpenAPIHono, { log }: Pick<HttpDeps, "log">) {
  app.onError((error, c) => {
    const problem = toProblem(error);
    if (problem.status === 500) log.error({ err: describeError(error) }, "A request failed");
    return answer(c, problem);
  });
  app.notFound((c) => answer(c, new Problem(404, "There is nothing here", NOWHERE)));
}

const NOWHERE = { hint: "GET /api/openapi.json describes every address." };

/** Programs are answered with problem details, people with the sentence. */
function answer(c: Context, problem: Problem): Response {
  if (/^\/api(\/|$)/.test(c.req.path)) return answerProblem(problem);
  return c.text(`${problem.message}\n`, problem.status, problem.headers);
}
