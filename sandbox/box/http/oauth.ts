import { Hono } from "hono";
import { timingSafeEqual } from "node:crypto";
import type { People } from "../people.ts";
import type { TokenRequest } from "../tokens.ts";
import { loseWebhooks } from "../webhook-loss.ts";
import { authorizeRoutes } from "./authorize.ts";
import { Denied } from "./denied.ts";
import type { Desk, Door, Env } from "./door.ts";
import { type Form, formOf } from "./form.ts";
import { createGrants, EXCHANGE } from "./grants.ts";

/** https://developer.box.com/reference/post-oauth2-token/ */
export function oauthRoutes(desk: Desk, door: Door) {
  const { core, tokens } = desk;
  const grants = createGrants(desk);
  const app = new Hono<Env>();
  app.onError((error, c) => {
    if (!(error instanceof Denied)) throw error;
    return c.json({ error: error.error, error_description: error.message }, 400);
  });

  app.post("/oauth2/token", door("token", { without: "token" }), async (c) => {
    const form = await formOf(c);
    const { grant_type: type = "", refresh_token: refreshToken } = form;
    const request: TokenRequest = { grant: type, refreshToken };
    tokens.requests.push(request);
    try {
      // The token that is exchanged is credential enough.
      if (type !== EXCHANGE) checkClient(core.people, form);
      const grant = grants[type];
      if (!grant) throw new Denied("unsupported_grant_type", "The grant type is unsupported");
      request.issued = grant(form);
    } catch (error) {
      if (error instanceof Denied) request.error = error.error;
      throw error;
    }
    return c.json({ ...request.issued, restricted_to: [], token_type: "bearer" });
  });

  app.post("/oauth2/revoke", door("token", { without: "token" }), async (c) => {
    const form = await formOf(c);
    checkClient(core.people, form);
    if (tokens.revoke(form["token"] ?? "")) loseWebhooks(core);
    return c.body(null, 200);
  });

  app.route("/", authorizeRoutes(desk, door));
  return app;
}

function checkClient(people: People, form: Form) {
  const known = form["client_id"] === people.clientId;
  if (!known || !same(form["client_secret"] ?? "", people.clientSecret))
    throw new Denied("invalid_client", "The client credentials are invalid");
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
