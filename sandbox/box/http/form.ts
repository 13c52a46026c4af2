import type { Context } from "hono";
import { parseBody } from "hono/utils/body";

export type Form = Record<string, string | undefined>;

/** The texts of the form that was sent. */
export async function formOf(c: Context): Promise<Form> {
  const fields = await parseBody(c.req.raw);
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : [],
    ),
  );
}
