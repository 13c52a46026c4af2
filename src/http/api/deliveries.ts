import { createRoute, z } from "@hono/zod-openapi";
import {
  DELIVERY_OUTCOMES,
  type DeliverySummary,
  findDelivery,
  listDeliveries,
  wasPruned,
} from "../../db/delivery-list.ts";
import type { HttpDeps } from "../deps.ts";
import { text, uuid } from "./fields.ts";
import { byId, pageOf, pageSchema, toPage } from "./paging.ts";
import { Problem } from "../problem.ts";
import { answer, createRoutes, foundByNumber, idInPath, refusals } from "./routes.ts";

const summary = z.object({
  id: z.string(),
  accountId: z.uuid(),
  webhookId: z.string().openapi({ description: "Box's; empty when the body could not be read" }),
  eventId: z.string(),
  trigger: z.string().nullable(),
  outcome: z.enum(DELIVERY_OUTCOMES).openapi({
    description:
      "`recorded` led to facts or debts, `ignored` says nothing about content, `noted` wants a look, `unreadable` was kept as it came",
  }),
  note: z.string().nullable(),
  receivedAt: z.iso.datetime(),
});
const delivery = summary.openapi("Delivery");
const whole = summary
  .extend({
    body: z.json().openapi({ type: "object", description: "As JSON, or as text if it is none" }),
  })
  .openapi("WholeDelivery");

const list = createRoute({
  method: "get",
  path: "/",
  summary: "Webhook requests whose signature was right, newest first",
  request: {
    query: z.strictObject({
      ...pageOf(byId),
      accountId: uuid.optional(),
      outcome: z.enum(DELIVERY_OUTCOMES).optional(),
      trigger: text(100).optional(),
    }),
  },
  responses: { 200: answer(pageSchema(delivery), "A page"), ...refusals(400) },
});

const get = createRoute({
  method: "get",
  path: "/{id}",
  summary: "One delivery with its body",
  request: { params: idInPath },
  responses: { 200: answer(whole, "The delivery"), ...refusals(404) },
});

/** `/api/deliveries`. */
export function createDeliveryRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const rows = await listDeliveries(db, { ...filter, after: cursor, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, (row) => String(row.id), toDelivery),
      200,
    );
  });
  routes.openapi(get, async (c) => {
    const { id } = c.req.valid("param");
    const { body, ...row } = await foundByNumber("delivery", id, (id) => findKept(db, id));
    return c.json({ ...toDelivery(row), body: readBody(body) }, 200);
  });
  return routes;
}

async function findKept(db: HttpDeps["db"], id: number) {
  const found = await findDelivery(db, id);
  if (!found && (await wasPruned(db, id)))
    throw new Problem(404, "This delivery is not kept any more", {
      hint: "Deliveries are removed after RETENTION_DAYS. What one led to is kept: look for its file under /api/versions.",
    });
  return found;
}

const toDelivery = (row: DeliverySummary): z.infer<typeof summary> => ({
  ...row,
  id: String(row.id),
  receivedAt: row.receivedAt.toISOString(),
});

function readBody(body: Buffer): z.infer<ReturnType<typeof z.json>> {
  const written = body.toString();
  try {
    return JSON.parse(written) as z.infer<ReturnType<typeof z.json>>;
  } catch {
    return written;
  }
}
