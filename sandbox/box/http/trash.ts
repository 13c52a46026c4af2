import { Hono } from "hono";
import { deleteForever } from "../account/trash.ts";
import type { View } from "../access.ts";
import { type Desk, type Door, type Env, fieldsOf, idOf, numberOf } from "./door.ts";

/** https://developer.box.com/reference/resources/trash-file/ and what belongs to it */
export function trashRoutes({ core }: Desk, door: Door) {
  const app = new Hono<Env>();

  app.get("/folders/trash/items", door("folder_items"), (c) => {
    const { userId } = c.var.login;
    const [limit, offset] = [numberOf(c, "limit", 100, 1000), numberOf(c, "offset", 0)];
    const views = core.items.trashed().map((item) => core.access.view(userId, item));
    const seen = views.filter((view): view is View => view !== undefined);
    const page = seen.slice(offset, offset + limit);
    return c.json({
      total_count: seen.length,
      entries: page.map((view) => core.shapes.item(view, fieldsOf(c) ?? [])),
      offset,
      limit,
      order: ["type", "name"].map((by) => ({ by, direction: "ASC" })),
    });
  });

  for (const type of ["file", "folder"] as const) {
    app.get(`/${type}s/:id/trash`, door(type), (c) => {
      const view = core.access.needTrashed(c.var.login.userId, type, idOf(c));
      return c.json(core.shapes.item(view, fieldsOf(c)));
    });

    app.delete(`/${type}s/:id/trash`, door("change"), async (c) => {
      await deleteForever(core, c.var.login.userId, { type, id: idOf(c) });
      return c.body(null, 204);
    });
  }

  return app;
}
