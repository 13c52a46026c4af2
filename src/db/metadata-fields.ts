import { asc, eq, sql } from "drizzle-orm";
import type { AllowedValues } from "../core/path-template.ts";
import { type Queryable, rows } from "./open.ts";
import { metadataFields } from "./schema.ts";

export type MetadataFieldRow = typeof metadataFields.$inferSelect;

/** All of the organisation's fields, by name: there are as many as a person can mind. */
export async function listMetadataFields(db: Queryable): Promise<MetadataFieldRow[]> {
  return db
    .select()
    .from(metadataFields)
    .orderBy(asc(sql`lower(${metadataFields.name})`), asc(metadataFields.name));
}

/** The values that the organisation allows, by field, within another statement; null while it minds none. */
export const ALLOWED_VALUES = sql<Record<string, string[]> | null>`(
  select json_object_agg(name, allowed_values) from metadata_fields
  where allowed_values is not null)`;

/** The values that the organisation allows. */
export async function allowedValues(db: Queryable): Promise<AllowedValues> {
  const [row] = await rows<{ allowed: Record<string, string[]> | null }>(
    db,
    sql`select ${ALLOWED_VALUES} as allowed`,
  );
  return new Map(Object.entries(row?.allowed ?? {}));
}

/** Makes the field, or replaces it whole: the same again changes nothing. */
export async function putMetadataField(
  db: Queryable,
  field: Omit<MetadataFieldRow, "createdAt">,
): Promise<MetadataFieldRow> {
  const { name, ...rest } = field;
  const [row] = await db
    .insert(metadataFields)
    .values({ name, ...rest })
    .onConflictDoUpdate({ target: metadataFields.name, set: rest })
    .returning();
  if (!row) throw new Error("bug: a field that was put was not answered");
  return row;
}

/** False when there is no such field. Sources keep what they carry under its name. */
export async function deleteMetadataField(db: Queryable, name: string): Promise<boolean> {
  const gone = await db
    .delete(metadataFields)
    .where(eq(metadataFields.name, name))
    .returning({ name: metadataFields.name });
  return gone.length > 0;
}
