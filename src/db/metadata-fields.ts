import { asc, eq, sql } from "drizzle-orm";
import type { Queryable } from "./open.ts";
import { metadataFields } from "./schema.ts";

export type MetadataFieldRow = typeof metadataFields.$inferSelect;

/** All of the organisation's fields, by name: there are as many as a person can mind. */
export async function listMetadataFields(db: Queryable): Promise<MetadataFieldRow[]> {
  return db
    .select()
    .from(metadataFields)
    .orderBy(asc(sql`lower(${metadataFields.name})`), asc(metadataFields.name));
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
