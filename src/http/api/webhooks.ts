import { createRoute, z } from "@hono/zod-openapi";
import { listWebhooks } from "../../db/webhook-list.ts";
import type { WebhookRow } from "../../db/webhooks.ts";
import type { HttpDeps } from "../deps.ts";
import { uuid } from "./fields.ts";
import { pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, createRoutes, refusals } from "./routes.ts";

const STATES = ["wanted", "registered", "polled", "unwanted"] as const;

const time = z.iso.datetime();
const webhook = z
  .object({
    id: z.uuid(),
    accountId: z.uuid(),
    folderId: z.string(),
    boxWebhookId: z.string().nullable().openapi({ description: "Box's own id" }),
    state: z.enum(STATES).openapi({
      description:
        "`wanted`: Box is to be asked; `polled`: there can be none, `reason` says why; `unwanted`: to be removed",
    }),
    reason: z.string().nullable(),
    hint: z.string().nullable().openapi({ description: "What to do about it" }),
    attempts: z.int().openapi({ description: "How often in a row Box could not be asked" }),
    heardAt: time.nullable().openapi({ description: "When it last delivered, to the minute" }),
    checkedAt: time.nullable().openapi({ description: "When it was last compared with Box" }),
    dueAt: time.openapi({ description: "When it is compared next" }),
  })
  .openapi("Webhook");

const list = createRoute({
  method: "get",
  path: "/",
  summary: "The webhooks of folders, and how they stand",
  request: {
    query: z.strictObject({
      ...pageOf(uuid),
      accountId: uuid.optional(),
      state: z.enum(STATES).optional(),
    }),
  },
  responses: { 200: answer(pageSchema(webhook), "A page"), ...refusals(400) },
});

/** `/api/webhooks`. */
export function createWebhookRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const rows = await listWebhooks(db, { ...filter, after: cursor, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, ({ id }) => id, toWebhook),
      200,
    );
  });
  return routes;
}

const toWebhook = (row: WebhookRow): z.infer<typeof webhook> => ({
  ...row,
  heardAt: row.heardAt?.toISOString() ?? null,
  checkedAt: row.checkedAt?.toISOString() ?? null,
  dueAt: row.dueAt.toISOString(),
});
