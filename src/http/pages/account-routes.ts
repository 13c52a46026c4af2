import { Hono } from "hono";
import { accountId, isUuid } from "../../core/ids.ts";
import type { Database } from "../../db/open.ts";
import { pauseAccount, resumeAccount } from "../../operations/pause-account.ts";

/** The overview's buttons for an account. Mounted behind the pages' guard. */
export function createAccountRoutes({ db }: { db: Database }): Hono {
  const app = new Hono();
  const acts = { pause: pauseAccount, resume: resumeAccount };
  for (const [name, act] of Object.entries(acts))
    app.post(`/accounts/:id/${name}`, async (c) => {
      const id = c.req.param("id");
      const done = isUuid(id) && (await act(db, accountId(id)));
      return done ? c.redirect("/", 303) : c.text("There is no such account.\n", 404);
    });
  return app;
}
