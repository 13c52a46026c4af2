import type { Context } from "hono";

/** The form that was sent; an empty one where the body is none. */
export const formOf = (c: Context): Promise<FormData> =>
  c.req.formData().catch(() => new FormData());

/** The texts of a form by name, the last where one comes twice; files are left out. */
export const textsOf = (form: FormData): Partial<Record<string, string>> =>
  Object.fromEntries(
    [...form].flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
