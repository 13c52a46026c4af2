import { Hono } from "hono";
import { html } from "hono/html";
import { Denied } from "./denied.ts";
import type { Desk, Door, Env } from "./door.ts";
import { formOf } from "./form.ts";

/** Where a person grants access, signed in as one of the sandbox's users: https://developer.box.com/reference/get-authorize/ */
export function authorizeRoutes({ core: { people }, tokens }: Desk, door: Door) {
  const app = new Hono<Env>();

  app.get("/api/oauth2/authorize", door("authorize", { without: "token" }), (c) => {
    const { client_id, redirect_uri } = c.req.query();
    if (client_id !== people.clientId) throw new Denied("invalid_client", "Unknown client");
    checkRedirect(redirect_uri);
    const options = people.all().map(
      ({ id, name }) =>
        html`<p>
          <button name="user" value="${id}">Grant access as ${name}</button>
        </p>`,
    );
    return c.html(
      html`<!doctype html>
        <title>Sandbox Box</title>
        <h1>Grant access to your sandbox Box?</h1>
        <form method="post">
          ${options}
          <p><button name="user" value="">Deny access</button></p>
        </form>`,
    );
  });

  app.post("/api/oauth2/authorize", door("authorize", { without: "token" }), async (c) => {
    const { redirect_uri, state } = c.req.query();
    const target = checkRedirect(redirect_uri);
    const { user = "" } = await formOf(c);
    if (people.user(user))
      target.searchParams.set(
        "code",
        tokens.code({ userId: user, subject: "user" }, redirect_uri!),
      );
    else {
      target.searchParams.set("error", "access_denied");
      target.searchParams.set("error_description", "The user denied access to your application");
    }
    if (state !== undefined) target.searchParams.set("state", state);
    return c.redirect(target.href, 302);
  });

  return app;
}

function checkRedirect(uri: string | undefined): URL {
  if (uri === undefined || !URL.canParse(uri))
    throw new Denied("redirect_uri_mismatch", "The redirect address is missing or invalid");
  return new URL(uri);
}
