import { createRoute, z } from "@hono/zod-openapi";
import { callsMadeAt } from "../../core/forecast.ts";
import { findAccountSummary } from "../../db/account-list.ts";
import { type BackfillOwed, backfillOwed } from "../../db/backfill-owed.ts";
import { type BudgetFigures, budgetFigures } from "../../db/budgets.ts";
import { changeBudget } from "../../operations/change-budget.ts";
import type { HttpDeps } from "../deps.ts";
import { answer, body, createRoutes, found, idInPath, refusals } from "./routes.ts";

const limit = (least: number, most: number) => z.int().min(least).max(most).nullable();

const setting = z
  .strictObject({
    callsPerMinute: limit(60, 1_000_000)
      .optional()
      .openapi({ description: "Null: what the configuration says" }),
    callsPerMonth: limit(0, 2_000_000_000)
      .optional()
      .openapi({ description: "Null: counted, not limited. The last tenth is kept for news" }),
  })
  .openapi("BudgetSetting");

const budget = z
  .object({
    callsPerMinute: z.int(),
    leftThisMinute: z
      .int()
      .openapi({ description: "By the clock; 0 while Box has asked us to wait" }),
    usedThisMonth: z.int().openapi({ description: "By the calendar, in UTC" }),
    callsPerMonth: z.int().nullable(),
    pausedUntil: z.iso.datetime().nullable(),
    backfill: z.object({
      owed: z.int().openapi({ description: "Versions of backfills that are still to be stored" }),
      calls: z.int().openapi({
        description:
          "That backfills and sweeps have still to make: for those, for folders that are not listed yet, and for histories",
      }),
      forecastAt: z.iso.datetime().nullable().openapi({
        description:
          "When they will be made, if the limits of minute and month are what holds them up and no more is found; null when there are none, or not within ten years",
      }),
    }),
  })
  .openapi("Budget");

const get = createRoute({
  method: "get",
  path: "/{id}/budget",
  summary: "The calls that the account's Box user may make, shared with its other accounts",
  request: { params: idInPath },
  responses: { 200: answer(budget, "The budget"), ...refusals(404) },
});

const patch = createRoute({
  method: "patch",
  path: "/{id}/budget",
  summary: "Set how many calls the account's Box user may make; what waited for them goes on",
  request: { params: idInPath, body: body(setting) },
  responses: { 200: answer(budget, "The budget"), ...refusals(400, 404, 413, 415) },
});

/** `/api/accounts/{id}/budget`. */
export function createBudgetRoutes({
  db,
  callsPerMinute,
}: Pick<HttpDeps, "db" | "callsPerMinute">) {
  const routes = createRoutes();
  const userOf = async (id: string) =>
    (await found("account", id, (id) => findAccountSummary(db, id))).boxUserId;
  const shown = async (user: string) => {
    const figures = (await budgetFigures(db, [user], callsPerMinute)).get(user);
    if (!figures) throw new Error("bug: every user that is asked for has figures");
    return toBudget(figures, await backfillOwed(db, user));
  };

  routes.openapi(get, async (c) => c.json(await shown(await userOf(c.req.valid("param").id)), 200));
  routes.openapi(patch, async (c) => {
    const user = await userOf(c.req.valid("param").id);
    await changeBudget(db, user, c.req.valid("json"));
    return c.json(await shown(user), 200);
  });
  return routes;
}

function toBudget(
  figures: BudgetFigures,
  { versions, calls }: BackfillOwed,
): z.infer<typeof budget> {
  const forecastAt = calls === 0 ? undefined : callsMadeAt(calls, figures, new Date());
  return {
    ...figures,
    pausedUntil: figures.pausedUntil?.toISOString() ?? null,
    backfill: { owed: versions, calls, forecastAt: forecastAt?.toISOString() ?? null },
  };
}
