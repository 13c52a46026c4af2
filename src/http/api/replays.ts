import { createRoute, z } from "@hono/zod-openapi";
import { listReplays, type PastReplay } from "../../db/replay-list.ts";
import { replay } from "../../operations/replay.ts";
import type { HttpDeps } from "../deps.ts";
import { FAILURE_ID } from "../failure-id.ts";
import { moment, rowId, text, uuid } from "./fields.ts";
import { byTime, pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, body, createRoutes, refusals } from "./routes.ts";

const failureId = z.string().regex(FAILURE_ID, "is not the id of a failure");

/** As many as one replay sets going. */
const MOST_IDS = 10_000;

const newReplay = z
  .strictObject({
    failureIds: z.array(failureId).max(MOST_IDS, `holds more than ${MOST_IDS} ids`).optional(),
    objectIds: z.array(rowId).max(MOST_IDS, `holds more than ${MOST_IDS} ids`).optional(),
    sourceId: uuid.optional(),
    from: moment.optional().openapi({ description: "Of the source: seen at or after" }),
    to: moment.optional().openapi({ description: "Of the source: seen before" }),
    reason: text(500)
      .optional()
      .openapi({ description: "Of the source: a part of the failure's reason, or its kind" }),
    state: z
      .enum(["given_up", "waiting", "stored"])
      .optional()
      .openapi({ description: "Of the source; `given_up` unless said" }),
    dryRun: z.boolean().default(false).openapi({ description: "Only count" }),
  })
  .superRefine((wanted, context) => {
    const { failureIds = [], objectIds = [], sourceId, from, to, reason, state } = wanted;
    const refuse = (path: string[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (from && to && from >= to) refuse(["to"], "is not after from");
    if (sourceId !== undefined) return;
    for (const [field, value] of Object.entries({ from, to, reason, state }))
      if (value !== undefined) refuse([field], "narrows a source: give sourceId too");
    if (failureIds.length === 0 && objectIds.length === 0)
      refuse([], "selects nothing: give failureIds, objectIds or sourceId");
  })
  .openapi("NewReplay");

const replayed = z
  .object({
    chosen: z.int().openapi({ description: "What the selection names" }),
    replayed: z.int().openapi({
      description: "What was set going; the rest was going already or is owed no more",
    }),
    objects: z.int(),
    others: z.int(),
    dryRun: z.boolean(),
  })
  .openapi("Replayed");

const pastReplay = z
  .object({
    id: z.uuid(),
    at: z.iso.datetime(),
    selection: z.record(z.string(), z.unknown()),
    chosen: z.int(),
    replayed: z.int(),
  })
  .openapi("PastReplay");

const create = createRoute({
  method: "post",
  path: "/",
  summary: "Do recorded work again, on purpose",
  request: { body: body(newReplay) },
  responses: {
    200: answer(replayed, "What was chosen and done"),
    ...refusals(400, 413, 415),
  },
});

const list = createRoute({
  method: "get",
  path: "/",
  summary: "Past replays, newest first",
  request: { query: z.strictObject(pageOf(byTime)) },
  responses: { 200: answer(pageSchema(pastReplay), "A page"), ...refusals(400) },
});

/** `/api/replays`. */
export function createReplayRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(create, async (c) => {
    const { dryRun, ...selection } = c.req.valid("json");
    return c.json({ ...(await replay(db, selection, dryRun)), dryRun }, 200);
  });
  routes.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const rows = await listReplays(db, { after: cursor, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, ({ at, id }) => ({ at, id }), toReplay),
      200,
    );
  });
  return routes;
}

function toReplay(row: PastReplay) {
  // Written by `replay` alone, always an object.
  const selection = row.selection as Record<string, string>;
  return { ...row, selection, at: new Date(row.at).toISOString() };
}
