import { createRoute, z } from "@hono/zod-openapi";
import { accountId } from "../../core/ids.ts";
import {
  type AccountSummary,
  endOfCredentials,
  findAccountSummary,
  listAccounts,
} from "../../db/account-list.ts";
import { MOST_WEBHOOKS } from "../../db/signs.ts";
import { type AccountDeps, linkAccount } from "../../operations/accounts.ts";
import { deleteAccount } from "../../operations/delete-account.ts";
import { webhookAddress } from "../../operations/webhook-at-box.ts";
import { withAuth } from "./blame.ts";
import { boxId, name, text } from "./fields.ts";
import { jwtAuth } from "./jwt-schema.ts";
import { byName, pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, body, createRoutes, found, idInPath, noSuch, ourId, refusals } from "./routes.ts";

/** Credentials as they are handed in. */
export const auth = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("ccg"),
      clientId: text(200),
      clientSecret: text(500),
      subject: z.enum(["enterprise", "user"]),
      subjectId: boxId,
    }),
    jwtAuth,
    z.strictObject({ kind: z.literal("developerToken"), token: text(2000) }),
  ],
  {
    error: ({ code }) =>
      code === "invalid_union"
        ? "is not one of ccg, jwt, developerToken; with OAuth 2.0 a person links it on the page /accounts/link"
        : undefined,
  },
);

export const signatureKeys = z.strictObject({ primary: text(500), secondary: text(500) });

const newAccount = z
  .strictObject({
    name,
    auth,
    signatureKeys: signatureKeys
      .optional()
      .openapi({ description: "Of the Box application; without them its folders are polled only" }),
  })
  .openapi("NewAccount");

const identity = z.object({
  userId: z.string(),
  login: z.string().nullable(),
  enterpriseId: z.string().nullable(),
});

export const account = z
  .object({
    id: z.uuid(),
    name: z.string(),
    auth: z
      .object({
        kind: z.enum(["ccg", "jwt", "oauth", "developerToken"]),
        expiresAt: z.iso
          .datetime()
          .nullable()
          .openapi({ description: "When the credentials end by themselves, as far as is known" }),
      })
      .openapi({ description: "Secrets are never answered" }),
    stream: z.enum(["changes", "admin_logs_streaming"]).openapi({
      description: "The event stream that is read: the user's own or the enterprise's",
    }),
    identity,
    hasSignatureKeys: z.boolean(),
    webhookAddress: z
      .url()
      .nullable()
      .openapi({ description: "Where Box delivers; null when Box cannot reach Longshore" }),
    state: z.enum(["linked", "needs_relogin", "paused", "deleted"]),
    reason: z.string().nullable(),
    stateSince: z.iso.datetime(),
    createdAt: z.iso.datetime(),
    sources: z.int(),
    webhooks: z
      .object({
        used: z.int().openapi({
          description:
            "That stand at Box for the account's Box user, those of its other accounts among them",
        }),
        limit: z.int().openapi({
          description:
            "That Box allows an application and user; folders beyond are polled, which notices them a minute later",
        }),
      })
      .openapi({
        description:
          "An incident is opened at nine tenths. Webhooks that others made with the same application count at Box too, and are not known here",
      }),
  })
  .openapi("Account");

const leftovers = z
  .object({
    left: z.array(
      z.object({
        what: z.enum(["webhook", "login"]),
        webhookId: z.string().optional(),
        folderId: z.string().optional(),
        reason: z.string(),
        hint: z.string(),
      }),
    ),
  })
  .openapi("LeftAtBox", { description: "What stays at Box; Longshore does not try again" });

const create = createRoute({
  method: "post",
  path: "/",
  summary: "Link an account: Box is asked who the credentials speak for",
  request: { body: body(newAccount) },
  responses: {
    201: answer(account, "Linked; `Location` says where"),
    ...refusals(400, 409, 413, 415, 422, 503),
  },
});

const list = createRoute({
  method: "get",
  path: "/",
  summary: "The accounts by name",
  request: { query: z.strictObject(pageOf(byName)) },
  responses: { 200: answer(pageSchema(account), "A page"), ...refusals(400) },
});

const get = createRoute({
  method: "get",
  path: "/{id}",
  summary: "One account",
  request: { params: idInPath },
  responses: { 200: answer(account, "The account"), ...refusals(404) },
});

const remove = createRoute({
  method: "delete",
  path: "/{id}",
  summary:
    "Delete an account and its sources, its webhooks and its login at Box; what is stored stays",
  request: { params: idInPath },
  responses: {
    200: answer(leftovers, "Deleted; Box would not remove, or could not be asked to remove, these"),
    204: { description: "Deleted, here and at Box" },
    ...refusals(404),
  },
});

/** `/api/accounts`. Secrets go in and never come out. */
export function createAccountRoutes(deps: AccountDeps) {
  const { db, webhookBase } = deps;
  const routes = createRoutes();
  const shown = async (id: string) =>
    toAccount(await found("account", id, (id) => findAccountSummary(db, id)), webhookBase);

  routes.openapi(create, async (c) => {
    const wanted = c.req.valid("json");
    const { id } = await withAuth(() => linkAccount(deps, wanted));
    return c.json(await shown(id), 201, { location: `/api/accounts/${id}` });
  });
  routes.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const rows = await listAccounts(db, { after: cursor, limit: limit + 1 });
    const page = toPage(
      rows,
      limit,
      (row) => row.name,
      (row) => toAccount(row, webhookBase),
    );
    return c.json(page, 200);
  });
  routes.openapi(get, async (c) => c.json(await shown(c.req.valid("param").id), 200));
  routes.openapi(remove, async (c) => {
    const id = ourId("account", c.req.valid("param").id);
    const left = await deleteAccount(deps, accountId(id));
    if (left === undefined) throw noSuch("account");
    return left.length > 0 ? c.json({ left }, 200) : c.body(null, 204);
  });
  return routes;
}

/** An account as the API words it. */
export function toAccount(
  row: AccountSummary,
  webhookBase: string | undefined,
): z.infer<typeof account> {
  return {
    id: row.id,
    name: row.name,
    auth: { kind: row.authKind, expiresAt: endOfCredentials(row)?.toISOString() ?? null },
    stream: row.stream,
    identity: {
      userId: row.boxUserId,
      login: row.boxLogin,
      enterpriseId: row.boxEnterpriseId,
    },
    hasSignatureKeys: row.hasSignatureKeys,
    webhookAddress: webhookBase === undefined ? null : webhookAddress(webhookBase, row.id),
    state: row.state,
    reason: row.reason,
    stateSince: row.stateSince.toISOString(),
    createdAt: row.createdAt.toISOString(),
    sources: row.sources,
    webhooks: { used: row.webhooks, limit: MOST_WEBHOOKS },
  };
}
