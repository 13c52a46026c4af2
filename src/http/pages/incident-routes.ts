import { Hono } from "hono";
import { ACKNOWLEDGED_KINDS } from "../../core/incident.ts";
import { acknowledgeIncident } from "../../db/incidents.ts";
import type { HttpDeps } from "../deps.ts";
import { formOf } from "./form.ts";
import { safePath } from "./guard.ts";

/** The button that closes an incident which is known, on whatever page it is. Mounted behind the pages' guard. */
export function createIncidentRoutes({ db }: Pick<HttpDeps, "db">): Hono {
  const app = new Hono();
  app.post("/incidents/:id{[1-9][0-9]{0,14}}/acknowledge", async (c) => {
    const id = Number(c.req.param("id"));
    if (!(await acknowledgeIncident(db, id, ACKNOWLEDGED_KINDS)))
      return c.text("There is no such incident that could be acknowledged.\n", 404);
    const to = new URL(safePath((await formOf(c)).get("back")), c.req.url);
    to.searchParams.set("told", "acknowledged");
    return c.redirect(to.pathname + to.search, 303);
  });
  return app;
}
