import { createRoute, z } from "@hono/zod-openapi";
import {
  deleteMetadataField,
  listMetadataFields,
  type MetadataFieldRow,
  putMetadataField,
} from "../../db/metadata-fields.ts";
import type { HttpDeps } from "../deps.ts";
import { lines, fieldName } from "./fields.ts";
import { answer, body, createRoutes, noSuch, refusals } from "./routes.ts";

const allowedValues = z
  .array(lines(512).min(1, "is empty"))
  .min(1, "holds no value: leave it out to allow any")
  .max(200, "holds more than 200 values")
  .refine((values) => new Set(values).size === values.length, "holds a value twice")
  .nullable();

const field = z
  .object({
    name: z.string(),
    description: z.string().nullable(),
    required: z.boolean(),
    allowedValues: z.array(z.string()).nullable(),
    createdAt: z.iso.datetime(),
  })
  .openapi("MetadataField");

/** What may be asked of a field. */
export const wantedField = z
  .strictObject({
    description: lines(2000).nullable().default(null),
    required: z.boolean().default(false).openapi({
      description: "Every source must carry it, or read it by its path template",
    }),
    allowedValues: allowedValues
      .default(null)
      .openapi({ description: "The values that a source may carry; null allows any" }),
  })
  .openapi("NewMetadataField");

const keyInPath = z.object({ name: fieldName.openapi({ param: { name: "name", in: "path" } }) });

const list = createRoute({
  method: "get",
  path: "/",
  summary: "The metadata fields that the organisation asks its sources for, by name",
  responses: { 200: answer(z.object({ items: z.array(field) }), "All of them"), ...refusals() },
});

const put = createRoute({
  method: "put",
  path: "/{name}",
  summary: "Ask for a field, or change what is asked",
  description:
    "Checked whenever a source is registered or edited. Sources that do not comply show it as `metadataFaults` and go on working.",
  request: { params: keyInPath, body: body(wantedField) },
  responses: { 200: answer(field, "The field as it is now"), ...refusals(400, 413, 415) },
});

const remove = createRoute({
  method: "delete",
  path: "/{name}",
  summary: "Ask for a field no more; sources keep what they carry",
  request: { params: keyInPath },
  responses: { 204: { description: "Deleted" }, ...refusals(400, 404) },
});

/** `/api/metadata-fields`. */
export function createMetadataFieldRoutes({ db }: Pick<HttpDeps, "db">) {
  const routes = createRoutes();
  routes.openapi(list, async (c) =>
    c.json({ items: (await listMetadataFields(db)).map(toField) }, 200),
  );
  routes.openapi(put, async (c) => {
    const { name } = c.req.valid("param");
    return c.json(toField(await putMetadataField(db, { name, ...c.req.valid("json") })), 200);
  });
  routes.openapi(remove, async (c) => {
    if (!(await deleteMetadataField(db, c.req.valid("param").name))) throw noSuch("metadata field");
    return c.body(null, 204);
  });
  return routes;
}

const toField = (row: MetadataFieldRow): z.infer<typeof field> => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
});
