import { createRoute, z } from "@hono/zod-openapi";
import { FAILURES_OF, type FailureRow, listFailures } from "../../db/failures.ts";
import type { HttpDeps } from "../deps.ts";
import { uuid } from "./fields.ts";
import { byTime, pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, createRoutes, refusals } from "./routes.ts";

const failure = z
  .object({
    id: z.string().openapi({ description: "What a replay names" }),
    kind: z.enum(FAILURES_OF),
    subject: z.string().openapi({ description: "What the work is about, in words" }),
    reason: z.string(),
    hint: z.string().nullable().openapi({ description: "What to do about it" }),
    attempts: z.int(),
    at: z.iso.datetime(),
    accountId: z.uuid(),
    sourceId: z.uuid().nullable(),
  })
  .openapi("Failure");

const list = createRoute({
  method: "get",
  path: "/",
  summary: "What was given up, and what fails again and again, newest first",
  request: {
    query: z.strictObject({
      ...pageOf(byTime),
      kind: z.enum(FAILURES_OF).optional(),
      sourceId: uuid.optional(),
      accountId: uuid.optional(),
    }),
  },
  responses: { 200: answer(pageSchema(failure), "A page"), ...refusals(400) },
});

/** `/api/failures`. */
export function createFailureRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const rows = await listFailures(db, { ...filter, after: cursor, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, ({ at, id }) => ({ at, id }), toFailure),
      200,
    );
  });
  return routes;
}

function toFailure(row: FailureRow): z.infer<typeof failure> {
  return { ...row, at: new Date(row.at).toISOString() };
}
