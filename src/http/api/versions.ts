import { createRoute, z } from "@hono/zod-openapi";
import { DOORS } from "../../core/change.ts";
import {
  findVersion,
  OBJECT_STATES,
  searchVersions,
  type StoredVersion,
} from "../../db/version-search.ts";
import type { LakeStore } from "../../lake/store.ts";
import type { HttpDeps } from "../deps.ts";
import { objectUri } from "../object-uri.ts";
import { boxId, moment, text, uuid } from "./fields.ts";
import { byId, pageOf, pageSchema, toPage } from "./paging.ts";
import { answer, createRoutes, foundByNumber, idInPath, refusals } from "./routes.ts";

const sight = z.iso.datetime().nullable();

const version = z
  .object({
    objectId: z.string(),
    sourceId: z.uuid(),
    fileId: z.string(),
    versionId: z.string(),
    state: z.enum(OBJECT_STATES),
    reason: z.string().optional().openapi({ description: "Why it waits or was given up" }),
    hint: z.string().optional().openapi({ description: "What to do about it" }),
    uri: z.string().openapi({ description: "Where it lies, or will lie: the name is fixed" }),
    generation: z.string().nullable(),
    sha1: z.string(),
    crc32c: z.string().nullable(),
    size: z.int().openapi({ description: "In bytes" }),
    path: z.string().openapi({ description: "Below the source's folder, when it was first owed" }),
    pathFields: z.record(z.string(), z.string()).openapi({
      description: "What the source's path template read from the path",
    }),
    misfit: z.string().nullable().openapi({
      description: "Why the path does not fit the template; null when it does, or there is none",
    }),
    door: z.enum(DOORS),
    seenAt: z.iso.datetime(),
    seenBy: z
      .object({ webhook: sight, events: sight, listing: sight })
      .openapi({ description: "When each door first saw the version; null if it has not" }),
    storedAt: z.iso.datetime().nullable(),
  })
  .openapi("Version");

const search = createRoute({
  method: "get",
  path: "/",
  summary: "Search what the lake keeps or is owed, newest first",
  request: {
    query: z
      .strictObject({
        ...pageOf(byId),
        sourceId: uuid.optional(),
        state: z.enum(OBJECT_STATES).optional(),
        path: text(1000)
          .optional()
          .openapi({ description: "A part of the path, whatever its case" }),
        tag: text(100).optional().openapi({ description: "A tag of the source" }),
        fileId: boxId.optional(),
        misfit: z
          .enum(["true", "false"], "is neither true nor false")
          .transform((said) => said === "true")
          .optional()
          .openapi({
            type: "boolean",
            description: "Whose path does not fit its source's template",
          }),
        from: moment.optional().openapi({ description: "Seen at or after" }),
        to: moment.optional().openapi({ description: "Seen before" }),
      })
      .refine(({ from, to }) => !from || !to || from < to, {
        path: ["to"],
        error: "is not after from",
      }),
  },
  responses: { 200: answer(pageSchema(version), "A page"), ...refusals(400) },
});

const get = createRoute({
  method: "get",
  path: "/{id}",
  summary: "One version in the lake, by its objectId",
  request: { params: idInPath },
  responses: { 200: answer(version, "The version"), ...refusals(404) },
});

/** `/api/versions`. */
export function createVersionRoutes({ db, lake }: Pick<HttpDeps, "db" | "lake">) {
  const routes = createRoutes();

  routes.openapi(search, async (c) => {
    const { limit, cursor, ...wanted } = c.req.valid("query");
    const rows = await searchVersions(db, { ...wanted, after: cursor, limit: limit + 1 });
    const page = toPage(
      rows,
      limit,
      (row) => String(row.objectId),
      (row) => toVersion(row, lake),
    );
    return c.json(page, 200);
  });
  routes.openapi(get, async (c) => {
    const { id } = c.req.valid("param");
    const row = await foundByNumber("version", id, (id) => findVersion(db, id));
    return c.json(toVersion(row, lake), 200);
  });
  return routes;
}

function toVersion(row: StoredVersion, lake: LakeStore): z.infer<typeof version> {
  const failing = row.state === "waiting" || row.state === "given_up";
  return {
    objectId: String(row.objectId),
    sourceId: row.sourceId,
    fileId: row.fileId,
    versionId: row.versionId,
    state: row.state,
    reason: (failing && row.failureReason) || undefined,
    hint: (failing && row.hint) || undefined,
    uri: objectUri(row, lake),
    generation: row.generation,
    sha1: row.sha1,
    crc32c: row.crc32c,
    size: row.sizeBytes,
    path: row.path,
    pathFields: row.pathFields ?? {},
    misfit: row.misfit,
    door: row.door,
    seenAt: row.seenAt.toISOString(),
    seenBy: {
      webhook: row.webhookAt?.toISOString() ?? null,
      events: row.eventsAt?.toISOString() ?? null,
      listing: row.listingAt?.toISOString() ?? null,
    },
    storedAt: row.storedAt?.toISOString() ?? null,
  };
}
