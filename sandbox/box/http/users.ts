import { Hono } from "hono";
import { z } from "zod";
import { changeUser, createUser, deleteUser } from "../account/users.ts";
import { boxTime } from "../clock.ts";
import type { User } from "../people.ts";
import { notFound } from "../refusal.ts";
import { type Json, userMini } from "../shapes.ts";
import { bodyOf, type Desk, type Door, type Env, fieldsOf, idOf, numberOf } from "./door.ts";

const newUser = z.object({ name: z.string().min(1), login: z.string().optional() });

/** https://developer.box.com/reference/resources/user/ */
export function userRoutes({ core }: Desk, door: Door) {
  const { people } = core;
  const app = new Hono<Env>();

  function shape(user: User, fields: string[] | undefined): Json {
    const mini = userMini(user)!;
    if (!fields) return { ...mini, ...STANDARD };
    const enterprise = { type: "enterprise", id: people.enterpriseId, name: "Sandbox Enterprise" };
    const role = user.service === 1 ? "admin" : "user";
    const all: Json = { ...STANDARD, enterprise, role };
    const asked = Object.entries(all).filter(([field]) => fields.includes(field));
    return { ...mini, ...Object.fromEntries(asked) };
  }

  app.get("/users/me", door("me"), (c) =>
    c.json(shape(people.user(c.var.login.userId)!, fieldsOf(c))),
  );

  app.get("/users", door("users"), (c) => {
    const term = (c.req.query("filter_term") ?? "").toLowerCase();
    const [limit, offset] = [numberOf(c, "limit", 100, 1000), numberOf(c, "offset", 0)];
    const found = people
      .all()
      .filter(({ name, login }) => [name, login].some((at) => at.toLowerCase().startsWith(term)));
    const entries = found.slice(offset, offset + limit).map((user) => shape(user, fieldsOf(c)));
    return c.json({ total_count: found.length, limit, offset, entries });
  });

  app.get("/users/:id", door("users"), (c) => {
    const user = people.user(idOf(c));
    if (!user) throw notFound("user");
    return c.json(shape(user, fieldsOf(c)));
  });

  app.post("/users", door("users"), async (c) => {
    const asked = await bodyOf(c, newUser);
    return c.json(shape(createUser(core, c.var.login.userId, asked), fieldsOf(c)), 201);
  });

  app.put("/users/:id", door("users"), async (c) => {
    const changes = await bodyOf(c, newUser.partial());
    const user = changeUser(core, c.var.login.userId, idOf(c), changes);
    return c.json(shape(user, fieldsOf(c)));
  });

  app.delete("/users/:id", door("users"), (c) => {
    deleteUser(core, c.var.login.userId, idOf(c));
    return c.body(null, 204);
  });

  return app;
}

const STANDARD = {
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
