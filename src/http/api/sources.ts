import { createRoute, z } from "@hono/zod-openapi";
import { accountId, fileId, folderId, sourceId } from "../../core/ids.ts";
import { findAccount } from "../../db/accounts.ts";
import { listMetadataFields } from "../../db/metadata-fields.ts";
import { findSource, listSources } from "../../db/source-progress.ts";
import { askForBackfill } from "../../operations/backfills.ts";
import { forecastBackfills } from "../../operations/forecast-backfills.ts";
import { editSource } from "../../operations/edit-source.ts";
import {
  createSource,
  deleteSource,
  type NewSource,
  setPaused,
  type SourceDeps,
} from "../../operations/sources.ts";
import type { HttpDeps } from "../deps.ts";
import { lookingAt } from "./blame.ts";
import { uuid } from "./fields.ts";
import { byName, pageOf, pageSchema, toPage } from "./paging.ts";
import { Problem } from "../problem.ts";
import { answer, body, createRoutes, found, idInPath, noSuch, ourId, refusals } from "./routes.ts";
import { newSource, sourceEdit } from "./source-schemas.ts";
import { source, toSource } from "./source-views.ts";

const create = createRoute({
  method: "post",
  path: "/",
  summary: "Register a folder: it is backfilled, then kept up to date",
  request: { body: body(newSource) },
  responses: {
    201: answer(source, "Registered; `Location` says where"),
    ...refusals(400, 409, 413, 415, 422, 503),
  },
});

const list = createRoute({
  method: "get",
  path: "/",
  summary: "The sources by name, with progress and counts",
  request: { query: z.strictObject({ ...pageOf(byName), accountId: uuid.optional() }) },
  responses: { 200: answer(pageSchema(source), "A page"), ...refusals(400) },
});

const get = createRoute({
  method: "get",
  path: "/{id}",
  summary: "One source, with progress and counts",
  request: { params: idInPath },
  responses: { 200: answer(source, "The source"), ...refusals(404) },
});

const edit = createRoute({
  method: "patch",
  path: "/{id}",
  summary: "Change a source",
  request: { params: idInPath, body: body(sourceEdit) },
  responses: {
    200: answer(source, "The source as it is now"),
    ...refusals(400, 404, 409, 413, 415, 422),
  },
});

const pause = createRoute({
  method: "post",
  path: "/{id}/pause",
  summary: "Stop storing; what is noticed meanwhile is owed and waits",
  request: { params: idInPath },
  responses: { 200: answer(source, "Paused"), ...refusals(404) },
});

const resume = createRoute({
  method: "post",
  path: "/{id}/resume",
  summary: "Go on storing",
  request: { params: idInPath },
  responses: { 200: answer(source, "Active"), ...refusals(404) },
});

const backfill = createRoute({
  method: "post",
  path: "/{id}/backfills",
  summary: "List the folder anew and owe what is missing",
  description:
    "While a backfill is under way, or waits for a paused source or account, that one is answered and goes on undisturbed.",
  request: { params: idInPath },
  responses: {
    202: answer(
      z.object({
        walkId: z.string(),
        begun: z.boolean().openapi({ description: "False when one was under way already" }),
      }),
      "The backfill that is under way now",
    ),
    ...refusals(404),
  },
});

const remove = createRoute({
  method: "delete",
  path: "/{id}",
  summary: "End a source: what it was owed is withdrawn, what is stored stays",
  request: { params: idInPath },
  responses: { 204: { description: "Deleted" }, ...refusals(404) },
});

/** `/api/sources`. */
export function createSourceRoutes(deps: SourceDeps & Pick<HttpDeps, "callsPerMinute">) {
  const { db, places } = deps;
  const routes = createRoutes();
  const shown = async (id: string) => {
    const row = await found("source", id, (id) => findSource(db, id));
    const forecasts = await forecastBackfills(deps, [row]);
    return toSource(row, forecasts.get(row.id), await listMetadataFields(db), places);
  };

  routes.openapi(create, async (c) => {
    const wanted = c.req.valid("json");
    const account = accountId(wanted.accountId);
    if (!(await findAccount(db, account)))
      throw new Problem(422, "There is no such account", {
        errors: [{ pointer: "/accountId", detail: "names no account" }],
        hint: "GET /api/accounts lists them.",
      });
    const folder = folderId(wanted.folderId);
    const id = await register(deps, { ...wanted, accountId: account, folderId: folder });
    return c.json(await shown(id), 201, { location: `/api/sources/${id}` });
  });
  routes.openapi(list, async (c) => {
    const { limit, cursor, accountId } = c.req.valid("query");
    const rows = await listSources(db, { accountId, after: cursor, limit: limit + 1 });
    const fields = await listMetadataFields(db);
    const forecasts = await forecastBackfills(deps, rows);
    const page = toPage(
      rows,
      limit,
      (row) => row.name,
      (row) => toSource(row, forecasts.get(row.id), fields, places),
    );
    return c.json(page, 200);
  });
  routes.openapi(get, async (c) => c.json(await shown(c.req.valid("param").id), 200));
  routes.openapi(edit, async (c) => {
    const id = ourId("source", c.req.valid("param").id);
    if (!(await editSource(db, sourceId(id), c.req.valid("json")))) throw noSuch("source");
    return c.json(await shown(id), 200);
  });
  for (const [route, paused] of [
    [pause, true],
    [resume, false],
  ] as const)
    routes.openapi(route, async (c) => {
      const id = ourId("source", c.req.valid("param").id);
      if (!(await setPaused(db, sourceId(id), paused))) throw noSuch("source");
      return c.json(await shown(id), 200);
    });
  routes.openapi(backfill, async (c) => {
    const id = ourId("source", c.req.valid("param").id);
    const asked = await askForBackfill(db, sourceId(id));
    if (!asked) throw noSuch("source");
    return c.json({ walkId: String(asked.walkId), begun: asked.begun }, 202);
  });
  routes.openapi(remove, async (c) => {
    const id = ourId("source", c.req.valid("param").id);
    if (!(await deleteSource(deps, sourceId(id)))) throw noSuch("source");
    return c.body(null, 204);
  });
  return routes;
}

/** Registers a source; a folder that Box does not show may be a file, and then that is said. */
async function register(deps: SourceDeps, wanted: NewSource) {
  try {
    return await lookingAt("/folderId", () => createSource(deps, wanted));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const box = await deps.boxes.of(wanted.accountId);
    const file = await box.file(fileId(wanted.folderId));
    if (!file) throw error;
    throw new Problem(422, `${wanted.folderId} is a file, not a folder`, {
      errors: [{ pointer: "/folderId", detail: "is the id of a file" }],
      hint: "Register the folder that it lies in, with an include for the file's name.",
    });
  }
}
