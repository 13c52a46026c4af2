import { Hono } from "hono";
import { accountId, isUuid } from "../../core/ids.ts";
import { pauseAccount, resumeAccount } from "../../operations/pause-account.ts";
import type { HttpDeps } from "../deps.ts";
import { AccountsPage } from "./accounts.tsx";
import { formOf } from "./form.ts";
import { safePath } from "./guard.ts";
import { readAccounts } from "./read-accounts.ts";
import type { Show } from "./view.ts";

/** The page of accounts, and their buttons wherever they are. Mounted behind the pages' guard. */
export function createAccountRoutes(deps: HttpDeps, show: Show): Hono {
  const { db } = deps;
  const app = new Hono();

  app.get("/accounts", async (c) => {
    const body = <AccountsPage {...await readAccounts(deps, c.req.query("after"))} />;
    return show(c, { title: "Accounts", room: "accounts", body });
  });

  const acts = { pause: pauseAccount, resume: resumeAccount };
  for (const [name, act] of Object.entries(acts))
    app.post(`/accounts/:id/${name}`, async (c) => {
      const id = c.req.param("id");
      const done = isUuid(id) && (await act(db, accountId(id)));
      if (!done) return c.text("There is no such account.\n", 404);
      return c.redirect(safePath((await formOf(c)).get("back")), 303);
    });
  return app;
}
