import { createRoute, z } from "@hono/zod-openapi";
import { listSweeps, type SweepRow, sweptSource } from "../../db/sweeps.ts";
import { startSweep } from "../../operations/sweeps.ts";
import type { HttpDeps } from "../deps.ts";
import { byId, pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, createRoutes, found, idInPath, refusals } from "./routes.ts";

const count = z.int().min(0);

const sweep = z
  .object({
    id: z.string(),
    state: z.enum(["running", "done", "failed"]),
    why: z.string().openapi({ description: "`scheduled`, or `asked for`" }),
    folders: count,
    listed: count.openapi({ description: "Files that Box showed" }),
    listedBytes: count,
    matched: count.openapi({ description: "Of these, files that the source wants" }),
    matchedBytes: count,
    missing: count.openapi({ description: "Of the matched, those that no door had noticed" }),
    repaired: count.openapi({ description: "Of the missing, those that lie in the lake by now" }),
    skipped: z
      .record(z.string(), count)
      .openapi({ description: "Files that the source does not want, by the rule against them" }),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    reason: z.string().optional(),
    hint: z.string().optional().openapi({ description: "What to do about it" }),
  })
  .openapi("Sweep");

const start = createRoute({
  method: "post",
  path: "/{id}/sweeps",
  summary: "Compare the source's current versions in full with Box, now",
  request: { params: idInPath },
  responses: {
    202: answer(sweep, "Begun, or under way already"),
    ...refusals(404),
  },
});

const list = createRoute({
  method: "get",
  path: "/{id}/sweeps",
  summary: "The sweeps of a source, newest first",
  request: { params: idInPath, query: z.strictObject(pageOf(byId)) },
  responses: { 200: answer(pageSchema(sweep), "A page"), ...refusals(400, 404) },
});

/** `/api/sources/{id}/sweeps`. */
export function createSweepRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(start, async (c) => {
    const source = await found("source", c.req.valid("param").id, (id) => sweptSource(db, id));
    await startSweep(db, source, "asked for");
    const [newest] = await listSweeps(db, source.id, { limit: 1 });
    if (!newest) throw new Error("bug: a sweep was begun and is not there");
    return c.json(toSweep(newest), 202);
  });
  routes.openapi(list, async (c) => {
    const source = await found("source", c.req.valid("param").id, (id) => sweptSource(db, id));
    const { limit, cursor } = c.req.valid("query");
    const rows = await listSweeps(db, source.id, { after: cursor, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, ({ id }) => id, toSweep),
      200,
    );
  });
  return routes;
}

function toSweep({ reason, hint, ...row }: SweepRow): z.infer<typeof sweep> {
  const why = row.state === "done" ? {} : { ...(reason && { reason }), ...(hint && { hint }) };
  return {
    ...row,
    startedAt: new Date(row.startedAt).toISOString(),
    finishedAt: row.finishedAt && new Date(row.finishedAt).toISOString(),
    ...why,
  };
}
