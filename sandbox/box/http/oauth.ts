import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { timingSafeEqual } from "node:crypto";
import { parseBody } from "hono/utils/body";
import type { Asserted } from "../app-key.ts";
import { itemIn } from "../scopes.ts";
import type { Issued, Login, TokenRequest } from "../tokens.ts";
import { loseWebhooks } from "../webhook-loss.ts";
import type { Desk, Door, Env } from "./door.ts";

/** What the token endpoint answers instead of a token: another form than the API's errors. */
class Denied extends Error {
  readonly error: string;
  constructor(error: string, description: string) {
    super(description);
    this.error = error;
  }
}

/** https://developer.box.com/reference/post-oauth2-token/ */
export function oauthRoutes({ core, tokens, appKey, faults }: Desk, door: Door) {
  const { people } = core;
  const app = new Hono<Env>();
  app.onError((error, c) => {
    if (!(error instanceof Denied)) throw error;
    return c.json({ error: error.error, error_description: error.message }, 400);
  });

  function checkClient(form: Form) {
    const known = form["client_id"] === people.clientId;
    if (!known || !same(form["client_secret"] ?? "", people.clientSecret))
      throw new Denied("invalid_client", "The client credentials are invalid");
  }

  function subjectOf(type: unknown, id: unknown, refusal: string): Login {
    if (type === "enterprise" && id === people.enterpriseId)
      return { userId: people.serviceUserId, subject: "enterprise" };
    if (type === "user" && typeof id === "string" && people.user(id))
      return { userId: id, subject: "user" };
    throw new Denied("invalid_grant", refusal);
  }

  function asServer(type: unknown, id: unknown, refusal = "Grant credentials are invalid"): Issued {
    if (!faults.settings.appAuthorised) throw new Denied("unauthorized_client", NOT_AUTHORISED);
    return tokens.server(subjectOf(type, id, refusal));
  }

  const grants: Record<string, (form: Form) => Issued> = {
    client_credentials: ({ box_subject_type: type, box_subject_id: id }) => asServer(type, id),
    "urn:ietf:params:oauth:grant-type:jwt-bearer": ({ assertion = "" }) => {
      const asserted = readAssertion(assertion);
      if ("refusal" in asserted) deny(asserted.refusal);
      return asServer(asserted.type, asserted.id, "Please check the 'sub' claim.");
    },
    [EXCHANGE]: ({ subject_token = "", scope = "", resource = "" }) =>
      tokens.downscope(subject_token, scope, itemIn(resource)) ?? deny("Invalid subject token"),
    authorization_code: ({ code = "", redirect_uri }) =>
      tokens.redeem(code, redirect_uri) ?? deny("The authorization code has expired"),
    refresh_token: ({ refresh_token = "" }) =>
      tokens.refresh(refresh_token) ?? deny("Refresh token has expired"),
  };

  function readAssertion(assertion: string): Asserted {
    try {
      return appKey.read(assertion);
    } catch {
      return deny("Invalid assertion");
    }
  }

  app.post("/oauth2/token", door("token", { without: "token" }), async (c) => {
    const form = await formOf(c);
    const { grant_type: type = "", refresh_token: refreshToken } = form;
    const request: TokenRequest = { grant: type, refreshToken };
    tokens.requests.push(request);
    try {
      // The token that is exchanged is credential enough.
      if (type !== EXCHANGE) checkClient(form);
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
    checkClient(form);
    if (tokens.revoke(form["token"] ?? "")) loseWebhooks(core);
    return c.body(null, 200);
  });

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

/** https://developer.box.com/guides/api-calls/permissions-and-errors/common-errors/ */
const NOT_AUTHORISED = "This app is not authorized by the enterprise admin";

const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";

type Form = Record<string, string | undefined>;

async function formOf(c: Context): Promise<Form> {
  const fields = await parseBody(c.req.raw);
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : [],
    ),
  );
}

function checkRedirect(uri: string | undefined): URL {
  if (uri === undefined || !URL.canParse(uri))
    throw new Denied("redirect_uri_mismatch", "The redirect address is missing or invalid");
  return new URL(uri);
}

function deny(description: string): never {
  throw new Denied("invalid_grant", description);
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
