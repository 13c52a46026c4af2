import { Hono } from "hono";
import { replay } from "../../operations/replay.ts";
import type { HttpDeps } from "../deps.ts";
import { formOf } from "./form.ts";
import { safePath } from "./guard.ts";
import { replayForm } from "./query.ts";

/** The button that sets recorded work going again, on whatever page it is. Mounted behind the pages' guard. */
export function createReplayRoutes({ db }: Pick<HttpDeps, "db">): Hono {
  const app = new Hono();
  app.post("/replays", async (c) => {
    const form = await formOf(c);
    const asked = replayForm.safeParse({
      failureIds: form.getAll("failureId"),
      objectIds: form.getAll("objectId"),
    });
    if (!asked.success) return c.text("The form names nothing that can be replayed.\n", 400);
    const { chosen, replayed } = await replay(db, asked.data, false);
    const to = new URL(safePath(form.get("back")), c.req.url);
    to.searchParams.set("chosen", String(chosen));
    to.searchParams.set("replayed", String(replayed));
    return c.redirect(to.pathname + to.search, 303);
  });
  return app;
}
