import { Hono } from "hono";
import { z } from "zod";
import { ROLES } from "../access.ts";
import { collaborate, endCollaboration } from "../account/collaborations.ts";
import { boxTime } from "../clock.ts";
import { notFound } from "../refusal.ts";
import { bodyOf, type Desk, type Door, type Env, fieldsOf, idOf } from "./door.ts";

const share = z.object({
  item: z.object({ type: z.enum(["file", "folder"]), id: z.string() }),
  accessible_by: z.object({
    type: z.literal("user"),
    id: z.string().optional(),
    login: z.string().optional(),
  }),
  role: z.enum(ROLES),
});

/** The caller themselves, and what they share with others. */
export function otherRoutes({ core }: Desk, door: Door) {
  const { people } = core;
  const app = new Hono<Env>();

  app.get("/users/me", door("me"), (c) => {
    const { id, name, login } = people.user(c.var.login.userId)!;
    const mini = { type: "user", id, name, login };
    const standard = {
      created_at: boxTime(0),
      modified_at: boxTime(0),
      language: "en",
      timezone: "America/Los_Angeles",
      space_amount: 1e12,
      space_used: 0,
      max_upload_size: 5_368_709_120,
      status: "active",
      job_title: "",
      phone: "",
      address: "",
      avatar_url: "",
      notification_email: null,
    };
    const fields = fieldsOf(c);
    if (!fields) return c.json({ ...mini, ...standard });
    const enterprise = { type: "enterprise", id: people.enterpriseId, name: "Sandbox Enterprise" };
    const all: Record<string, unknown> = { ...standard, enterprise, role: "admin" };
    const asked = Object.entries(all).filter(([field]) => fields.includes(field));
    return c.json({ ...mini, ...Object.fromEntries(asked) });
  });

  app.post("/collaborations", door("collaborations"), async (c) => {
    const { item, accessible_by: whom, role } = await bodyOf(c, share);
    const user = people.all().find(({ id, login }) => id === whom.id || login === whom.login);
    if (!user) throw notFound("accessible_by");
    const request = { type: item.type, id: item.id, userId: user.id, role };
    return c.json(await collaborate(core, c.var.login.userId, request), 201);
  });

  app.delete("/collaborations/:id", door("collaborations"), async (c) => {
    await endCollaboration(core, c.var.login.userId, idOf(c));
    return c.body(null, 204);
  });

  return app;
}
