import { createRoute, z } from "@hono/zod-openapi";
import { accountId } from "../../core/ids.ts";
import type { AccountDeps } from "../../operations/accounts.ts";
import { pauseAccount, resumeAccount } from "../../operations/pause-account.ts";
import { account, showAccount } from "./account-views.ts";
import { text } from "./fields.ts";
import { answer, createRoutes, idInPath, noSuch, ourId, refusals } from "./routes.ts";

const pause = createRoute({
  method: "post",
  path: "/{id}/pause",
  summary: "Leave Box alone for an account; what is delivered meanwhile is owed and waits",
  request: {
    params: idInPath,
    body: {
      required: false,
      content: {
        "application/json": {
          schema: z
            .strictObject({
              reason: text(300).optional().openapi({ description: "Shown while it is paused" }),
            })
            .openapi("Pause"),
        },
      },
    },
  },
  responses: { 200: answer(account, "Paused"), ...refusals(400, 404, 413, 415) },
});

const resume = createRoute({
  method: "post",
  path: "/{id}/resume",
  summary: "Go on with an account; what waited is due now",
  request: { params: idInPath },
  responses: {
    200: answer(account, "Linked; whether Box agrees is seen at once"),
    ...refusals(404),
  },
});

/** `/api/accounts/{id}/pause` and `/api/accounts/{id}/resume`. */
export function createPauseRoutes(deps: Pick<AccountDeps, "db" | "webhookBase">) {
  const routes = createRoutes();

  routes.openapi(pause, async (c) => {
    const id = ourId("account", c.req.valid("param").id);
    const { reason } = c.req.valid("json");
    if (!(await pauseAccount(deps.db, accountId(id), reason))) throw noSuch("account");
    return c.json(await showAccount(deps, id), 200);
  });
  routes.openapi(resume, async (c) => {
    const id = ourId("account", c.req.valid("param").id);
    if (!(await resumeAccount(deps.db, accountId(id)))) throw noSuch("account");
    return c.json(await showAccount(deps, id), 200);
  });
  return routes;
}
