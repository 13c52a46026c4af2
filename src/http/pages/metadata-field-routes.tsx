import { type Context, Hono } from "hono";
import {
  deleteMetadataField,
  listMetadataFields,
  putMetadataField,
} from "../../db/metadata-fields.ts";
import type { HttpDeps } from "../deps.ts";
import { address } from "./address.ts";
import { formOf } from "./form.ts";
import { type FieldForm, readField, typedField } from "./metadata-field-forms.ts";
import { METADATA_FIELDS, MetadataFieldPage, MetadataFieldsPage } from "./metadata-fields.tsx";
import { notFound } from "./not-found.tsx";
import { typedIn } from "./source-form/typed.ts";
import type { Show } from "./view.ts";

/** The metadata that the organisation asks every source for: seen, asked for, changed and dropped. Mounted behind the pages' guard. */
export function createMetadataFieldRoutes({ db }: Pick<HttpDeps, "db">, show: Show): Hono {
  const app = new Hono();
  const find = async (name: string) =>
    (await listMetadataFields(db)).find((field) => field.name === name);

  app.get(METADATA_FIELDS, (c) => showAll(c));

  app.post(METADATA_FIELDS, async (c) => {
    const typed = typedIn(await formOf(c));
    const read = readField(typed["name"] ?? "", typed);
    if ("faults" in read) return showAll(c, { typed, faults: read.faults }, 400);
    const { name } = read.asked;
    if (await find(name)) {
      const faults = new Map([["name", ["There is a field of this name: open it to change it"]]]);
      return showAll(c, { typed, faults }, 409);
    }
    await putMetadataField(db, read.asked);
    return c.redirect(address(METADATA_FIELDS, { told: "asked" }), 303);
  });

  app.get(`${METADATA_FIELDS}/:name`, async (c) => {
    const field = await find(c.req.param("name"));
    return field
      ? showOne(c, field.name, { typed: typedField(field), faults: new Map() }, 200)
      : show(c, notFound("metadata field"), 404);
  });

  app.post(`${METADATA_FIELDS}/:name`, async (c) => {
    const field = await find(c.req.param("name"));
    if (!field) return show(c, notFound("metadata field"), 404);
    const typed = typedIn(await formOf(c));
    const read = readField(field.name, typed);
    if ("faults" in read) return showOne(c, field.name, { typed, faults: read.faults }, 400);
    await putMetadataField(db, read.asked);
    return c.redirect(address(METADATA_FIELDS, { told: "edited" }), 303);
  });

  app.post(`${METADATA_FIELDS}/:name/remove`, async (c) => {
    const field = await find(c.req.param("name"));
    if (!field) return show(c, notFound("metadata field"), 404);
    await deleteMetadataField(db, field.name);
    return c.redirect(address(METADATA_FIELDS, { told: "unasked" }), 303);
  });

  async function showAll(c: Context, form?: FieldForm, status: 200 | 400 | 409 = 200) {
    const fields = await listMetadataFields(db);
    const body = (
      <MetadataFieldsPage fields={fields} typed={form?.typed ?? {}} faults={form?.faults} />
    );
    return show(c, { title: "Metadata fields", room: "overview", body }, status);
  }
  const showOne = (c: Context, name: string, form: FieldForm, status: 200 | 400) =>
    show(
      c,
      { title: name, room: "overview", body: <MetadataFieldPage name={name} {...form} /> },
      status,
    );
  return app;
}
