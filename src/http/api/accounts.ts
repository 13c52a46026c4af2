import { createRoute, z } from "@hono/zod-openapi";
import { accountId } from "../../core/ids.ts";
import { listAccounts } from "../../db/account-list.ts";
import { type AccountDeps, linkAccount } from "../../operations/accounts.ts";
import { deleteAccount } from "../../operations/delete-account.ts";
import { newAccount } from "./account-schemas.ts";
import { account, showAccount, toAccount } from "./account-views.ts";
import { withAuth } from "./blame.ts";
import { byName, pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, body, createRoutes, idInPath, noSuch, ourId, refusals } from "./routes.ts";

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

  routes.openapi(create, async (c) => {
    const wanted = c.req.valid("json");
    const { id } = await withAuth(() => linkAccount(deps, wanted));
    return c.json(await showAccount(deps, id), 201, { location: `/api/accounts/${id}` });
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
  routes.openapi(get, async (c) => c.json(await showAccount(deps, c.req.valid("param").id), 200));
  routes.openapi(remove, async (c) => {
    const id = ourId("account", c.req.valid("param").id);
    const left = await deleteAccount(deps, accountId(id));
    if (left === undefined) throw noSuch("account");
    return left.length > 0 ? c.json({ left }, 200) : c.body(null, 204);
  });
  return routes;
}
