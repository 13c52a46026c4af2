import { createRoute, z } from "@hono/zod-openapi";
import { type EventRow, listEvents } from "../../db/event-list.ts";
import type { HttpDeps } from "../deps.ts";
import { momentText, text, uuid } from "./fields.ts";
import { pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, createRoutes, refusals } from "./routes.ts";

const event = z
  .object({
    accountId: z
      .uuid()
      .openapi({ description: "The account that read it, for all of its enterprise" }),
    eventId: z.string().openapi({ description: "Box's; a hash of the event when it has none" }),
    stream: z.string(),
    type: z.string().nullable(),
    odd: z
      .string()
      .nullable()
      .openapi({ description: "Why it could not be read; null if it could" }),
    raw: z.json().openapi({
      type: "object",
      description: "As Box sent it, where it could not be read; else null",
    }),
    seenAt: z.iso.datetime(),
  })
  .openapi("Event");

const byEvent = z.strictObject({ at: momentText, accountId: uuid, eventId: z.string().max(300) });

const list = createRoute({
  method: "get",
  path: "/",
  summary: "Events of Box's streams as they were kept, newest first",
  request: {
    query: z.strictObject({
      ...pageOf(byEvent),
      accountId: uuid.optional(),
      odd: z
        .enum(["true", "false"])
        .optional()
        .openapi({ description: "`true`: only those that could not be read" }),
      type: text(100).optional().openapi({ description: "Box's event type" }),
    }),
  },
  responses: { 200: answer(pageSchema(event), "A page"), ...refusals(400) },
});

/** `/api/events`. */
export function createEventRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(list, async (c) => {
    const { limit, cursor, odd, ...filter } = c.req.valid("query");
    const rows = await listEvents(db, {
      ...filter,
      odd: odd === "true",
      after: cursor,
      limit: limit + 1,
    });
    return c.json(
      toPage(rows, limit, ({ at, accountId, eventId }) => ({ at, accountId, eventId }), toEvent),
      200,
    );
  });
  return routes;
}

const toEvent = (row: EventRow): z.infer<typeof event> => ({
  accountId: row.accountId,
  eventId: row.eventId,
  stream: row.stream,
  type: row.type,
  odd: row.odd,
  // PostgreSQL's own JSON.
  raw: (row.raw ?? null) as z.infer<ReturnType<typeof z.json>>,
  seenAt: row.seenAt.toISOString(),
});
