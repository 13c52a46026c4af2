import { Hono } from "hono";
import { z } from "zod";
import { webhookMini } from "../webhooks.ts";
import { bodyOf, boxId, type Desk, type Door, type Env, idOf, numberOf } from "./door.ts";

const request = z.object({
  target: z.object({ id: boxId.optional(), type: z.string().optional() }).optional(),
  address: z.string().optional(),
  triggers: z.array(z.string()).optional(),
});

/** https://developer.box.com/reference/resources/webhook/ */
export function webhookRoutes({ core }: Desk, door: Door) {
  const { webhooks } = core;
  const app = new Hono<Env>();

  app.get("/webhooks", door("webhooks"), (c) => {
    const limit = numberOf(c, "limit", 200, 1000);
    const after = Buffer.from(c.req.query("marker") ?? "", "base64url").toString();
    const rows = webhooks.list(c.var.login.userId, after, limit + 1);
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1)! : undefined;
    const next = last ? Buffer.from(last.id).toString("base64url") : "";
    return c.json({ limit, next_marker: next, entries: page.map(webhookMini) });
  });

  app.post("/webhooks", door("webhooks"), async (c) => {
    const body = await bodyOf(c, request);
    const made = webhooks.create(c.var.login.userId, body, core.now());
    return c.json(webhooks.shape(made), 201);
  });

  app.get("/webhooks/:id", door("webhooks"), (c) =>
    c.json(webhooks.shape(webhooks.get(c.var.login.userId, idOf(c)))),
  );

  app.put("/webhooks/:id", door("webhooks"), async (c) => {
    const body = await bodyOf(c, request);
    return c.json(webhooks.shape(webhooks.update(c.var.login.userId, idOf(c), body)));
  });

  app.delete("/webhooks/:id", door("webhooks"), (c) => {
    webhooks.remove(c.var.login.userId, idOf(c));
    return c.body(null, 204);
  });

  return app;
}
