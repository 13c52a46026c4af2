import { createRoute, z } from "@hono/zod-openapi";
import {
  ACKNOWLEDGED_KINDS,
  INCIDENT_KINDS,
  INCIDENTS,
  type IncidentKind,
} from "../../core/incident.ts";
import { type IncidentRow, listIncidents } from "../../db/incident-list.ts";
import { acknowledgeIncident } from "../../db/incidents.ts";
import type { HttpDeps } from "../deps.ts";
import { uuid } from "./fields.ts";
import { byId, pageOf, pageSchema, toPage } from "./paging.ts";
import { Problem } from "../problem.ts";
import { answer, createRoutes, foundByNumber, idInPath, refusals } from "./routes.ts";

const schema = z
  .object({
    id: z.string(),
    kind: z.enum(INCIDENT_KINDS),
    title: z.string(),
    subject: z.string().openapi({ description: "What it is about; one is open for a kind and it" }),
    accountId: z.uuid().nullable(),
    accountName: z.string().nullable(),
    sourceId: z.uuid().nullable(),
    sourceName: z.string().nullable(),
    message: z.string().openapi({ description: "What happened, and what it means" }),
    hint: z.string().nullable().openapi({ description: "What to do about it" }),
    details: z.record(z.string(), z.unknown()).openapi({ description: "Figures and ids" }),
    openedAt: z.iso.datetime(),
    closedAt: z.iso.datetime().nullable().openapi({ description: "Null while it lasts" }),
    acknowledgedAt: z.iso
      .datetime()
      .nullable()
      .openapi({ description: "When a person said that it is known, and so closed it" }),
  })
  .openapi("Incident");

const list = createRoute({
  method: "get",
  path: "/",
  summary: "What wants a person, or was mended and is owned up to; the last opened first",
  request: {
    query: z.strictObject({
      ...pageOf(byId),
      state: z.enum(["open", "closed", "all"]).default("open"),
      kind: z.enum(INCIDENT_KINDS).optional(),
      accountId: uuid.optional(),
      sourceId: uuid.optional(),
    }),
  },
  responses: { 200: answer(pageSchema(schema), "A page"), ...refusals(400) },
});

const acknowledge = createRoute({
  method: "post",
  path: "/{id}/acknowledge",
  summary: "Say that it is known: it closes, and what it told of is not told again",
  description: `For what nothing may ever mend: ${ACKNOWLEDGED_KINDS.map((kind) => `\`${kind}\``).join(", ")}. Twice is once. The others close by themselves when they are mended.`,
  request: { params: idInPath },
  responses: { 200: answer(schema, "Closed"), ...refusals(404, 422) },
});

/** `/api/incidents`. */
export function createIncidentRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid("query");
    const rows = await listIncidents(db, { ...filter, after: cursor, limit: limit + 1 });
    return c.json(
      toPage(rows, limit, (row) => String(row.incident.id), toIncident),
      200,
    );
  });
  routes.openapi(acknowledge, async (c) => {
    const { id } = c.req.valid("param");
    const row = await foundByNumber("incident", id, async (id) => {
      const done = await acknowledgeIncident(db, id, ACKNOWLEDGED_KINDS);
      if (done === false)
        throw new Problem(422, "An incident of this kind cannot be acknowledged", {
          hint: "Do what its own hint says: it closes by itself within a minute or two of being mended.",
        });
      return (await listIncidents(db, { id, state: "all", limit: 1 }))[0];
    });
    return c.json(toIncident(row), 200);
  });
  return routes;
}

function toIncident({ incident, accountName, sourceName }: IncidentRow): z.infer<typeof schema> {
  // Only ours are ever written: db/incidents.ts takes no other kind.
  const kind = incident.kind as IncidentKind;
  return {
    ...incident,
    id: String(incident.id),
    kind,
    title: INCIDENTS[kind],
    accountName,
    sourceName,
    openedAt: incident.openedAt.toISOString(),
    closedAt: incident.closedAt?.toISOString() ?? null,
    acknowledgedAt: incident.acknowledgedAt?.toISOString() ?? null,
  };
}
