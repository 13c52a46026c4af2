import { createRoute, z } from "@hono/zod-openapi";
import { accountId } from "../../core/ids.ts";
import type { AccountDeps } from "../../operations/accounts.ts";
import { relinkAccount, replaceClientSecret } from "../../operations/relink-account.ts";
import { KEY_GRACE_MS, replaceSignatureKeys } from "../../operations/signature-keys.ts";
import { auth, signatureKeys } from "./account-schemas.ts";
import { account, showAccount } from "./account-views.ts";
import { blaming, withAuth } from "./blame.ts";
import { text } from "./fields.ts";
import { answer, body, createRoutes, idInPath, noSuch, ourId, refusals } from "./routes.ts";

const LONGEST_GRACE_MS = 24 * 60 * 60_000;

/** For the application that an OAuth 2.0 login was granted to: its new secret. */
const newSecret = z
  .strictObject({ kind: z.literal("oauth"), clientId: text(200), clientSecret: text(500) })
  .openapi({ description: "The new secret of the application that the login was granted to" });

const OTHERS_AUTH = { pointer: "/auth", detail: "is not of this account" };

const newCredentials = z
  .strictObject({ auth: z.discriminatedUnion("kind", [...auth.options, newSecret]) })
  .openapi("NewCredentials");

const relink = createRoute({
  method: "put",
  path: "/{id}/credentials",
  summary: "Give an account new credentials of the same Box user; what waited for them goes on",
  request: { params: idInPath, body: body(newCredentials) },
  responses: {
    200: answer(account, "Linked again"),
    ...refusals(400, 404, 413, 415, 422, 503),
  },
});

const rotate = createRoute({
  method: "put",
  path: "/{id}/signature-keys",
  summary: "Replace the webhook signature keys; the pair before stays good for a while",
  request: {
    params: idInPath,
    body: body(
      signatureKeys
        .extend({
          graceMs: z.int().min(0).max(LONGEST_GRACE_MS).default(KEY_GRACE_MS).openapi({
            description: "For so long deliveries signed with the pair before are accepted",
          }),
        })
        .openapi("NewSignatureKeys"),
    ),
  },
  responses: { 200: answer(account, "Replaced"), ...refusals(400, 404, 413, 415) },
});

/** `/api/accounts/{id}/credentials` and `/api/accounts/{id}/signature-keys`. */
export function createSecretRoutes(deps: AccountDeps) {
  const routes = createRoutes();

  routes.openapi(relink, async (c) => {
    const id = ourId("account", c.req.valid("param").id);
    const { auth } = c.req.valid("json");
    const put = () =>
      auth.kind === "oauth"
        ? replaceClientSecret(deps, accountId(id), auth)
        : relinkAccount(deps, accountId(id), auth);
    const done = await blaming(OTHERS_AUTH, ["conflict"], () => withAuth(put));
    if (!done) throw noSuch("account");
    return c.json(await showAccount(deps, id), 200);
  });
  routes.openapi(rotate, async (c) => {
    const id = ourId("account", c.req.valid("param").id);
    const { graceMs, ...keys } = c.req.valid("json");
    if (!(await replaceSignatureKeys(deps, accountId(id), keys, graceMs))) throw noSuch("account");
    return c.json(await showAccount(deps, id), 200);
  });
  return routes;
}
