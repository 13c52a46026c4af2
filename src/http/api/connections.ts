import { createRoute, z } from "@hono/zod-openapi";
import { accountId, folderId } from "../../core/ids.ts";
import type { AccountDeps } from "../../operations/accounts.ts";
import type { ConnectionReport } from "../../operations/test-connection.ts";
import { tryAccount, tryCredentials } from "../../operations/try-connection.ts";
import { auth, signatureKeys } from "./account-schemas.ts";
import { REFUSED_AUTH } from "./blame.ts";
import { boxFolderId } from "./fields.ts";
import { answer, body, createRoutes, found, idInPath, problemFields, refusals } from "./routes.ts";

const chosenFolder = boxFolderId.openapi({ description: "Look at this folder, too" });

const check = z.object({
  name: z.enum([
    "credentials",
    "clock",
    "enterprise",
    "enterprise_events",
    "webhooks",
    "public_address",
    "signature_keys",
    "folder",
    "download",
  ]),
  ok: z.boolean(),
  needed: z
    .boolean()
    .openapi({ description: "False for what only makes Longshore quicker to notice" }),
  detail: z.string(),
  hint: problemFields.hint,
  requestId: problemFields.requestId,
});

const report = z
  .object({
    ok: z.boolean().openapi({ description: "Everything that is needed is there" }),
    identity: z.object({
      userId: z.string(),
      login: z.string().nullable(),
      name: z.string().nullable(),
      enterpriseId: z.string().nullable(),
    }),
    checks: z.array(check),
  })
  .openapi("ConnectionReport");

const refused = z
  .object({
    ...problemFields,
    errors: problemFields.errors.openapi({
      description: "That `auth` is refused, where the request holds it",
    }),
    ok: z.literal(false),
    identity: z.null(),
    checks: z.array(check),
  })
  .openapi("ConnectionRefused");

const responses = {
  200: answer(report, "Box accepts the credentials; the report says what else there is"),
  422: {
    description: "Box refuses the credentials: a problem that is a report at the same time",
    content: { "application/problem+json": { schema: refused } },
  },
};

const testNew = createRoute({
  method: "post",
  path: "/test",
  summary: "Test credentials before an account is linked with them; nothing is kept",
  request: {
    body: body(
      z
        .strictObject({
          auth,
          signatureKeys: signatureKeys.optional(),
          folderId: chosenFolder.optional(),
        })
        .openapi("NewConnection"),
    ),
  },
  responses: { ...responses, ...refusals(400, 413, 415, 503) },
});

const testLinked = createRoute({
  method: "post",
  path: "/{id}/test",
  summary: "Ask Box whether it still accepts the account's credentials, and what it lets us do",
  request: {
    params: idInPath,
    body: {
      required: false,
      content: {
        "application/json": { schema: z.strictObject({ folderId: chosenFolder.optional() }) },
      },
    },
  },
  responses: { ...responses, ...refusals(400, 404, 413, 415, 503) },
});

/** `/api/accounts/test` and `/api/accounts/{id}/test`. */
export function createConnectionRoutes(deps: AccountDeps) {
  const routes = createRoutes();

  routes.openapi(testNew, async (c) => {
    const wanted = c.req.valid("json");
    const report = await tryCredentials(deps, {
      auth: wanted.auth,
      hasSignatureKeys: wanted.signatureKeys !== undefined,
      folderId: wanted.folderId === undefined ? undefined : folderId(wanted.folderId),
    });
    const { identity } = report;
    if (identity === undefined)
      return c.json({ ...toRefusal(report), errors: [REFUSED_AUTH] }, 422, PROBLEM);
    return c.json(toReport(report, identity), 200);
  });

  routes.openapi(testLinked, async (c) => {
    const folder = c.req.valid("json").folderId;
    const report = await found("account", c.req.valid("param").id, (id) =>
      tryAccount(deps, accountId(id), folder === undefined ? undefined : folderId(folder)),
    );
    const { identity } = report;
    if (identity === undefined) return c.json(toRefusal(report), 422, PROBLEM);
    return c.json(toReport(report, identity), 200);
  });
  return routes;
}

const PROBLEM = { "content-type": "application/problem+json" };

function toReport(
  { ok, checks }: ConnectionReport,
  identity: NonNullable<ConnectionReport["identity"]>,
): z.infer<typeof report> {
  const { userId, login, name, enterpriseId } = identity;
  return {
    ok,
    identity: {
      userId,
      login: login ?? null,
      name: name ?? null,
      enterpriseId: enterpriseId ?? null,
    },
    checks,
  };
}

function toRefusal({ checks }: ConnectionReport): z.infer<typeof refused> {
  const failing = checks.find(({ ok }) => !ok);
  const title = "Unprocessable Entity";
  return {
    type: "about:blank",
    title,
    status: 422,
    detail: failing?.detail ?? "Box refuses the credentials",
    hint: failing?.hint,
    requestId: failing?.requestId,
    ok: false,
    identity: null,
    checks,
  };
}
