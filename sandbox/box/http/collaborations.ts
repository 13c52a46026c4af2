import { Hono } from "hono";
import { z } from "zod";
import { ROLES } from "../access.ts";
import {
  changeRole,
  collaborate,
  collaboration,
  collaborationsOn,
  endCollaboration,
  invited,
} from "../account/collaborations.ts";
import { badRequest } from "../refusal.ts";
import { bodyOf, boxId, type Desk, type Door, type Env, idOf } from "./door.ts";

const share = z.object({
  item: z.object({ type: z.enum(["file", "folder"]), id: boxId }),
  accessible_by: z.object({
    type: z.literal("user"),
    id: boxId.optional(),
    login: z.string().optional(),
  }),
  role: z.enum(ROLES),
});

/** https://developer.box.com/reference/resources/collaboration/ */
export function collaborationRoutes({ core }: Desk, door: Door) {
  const { people } = core;
  const app = new Hono<Env>();

  app.post("/collaborations", door("collaborations"), async (c) => {
    const { item, accessible_by: whom, role } = await bodyOf(c, share);
    const user = people.all().find(({ id, login }) => id === whom.id || login === whom.login);
    const userId = user?.id ?? whom.id ?? (whom.login && invited(whom.login));
    if (!userId) throw badRequest("accessible_by", "Either 'id' or 'login' is needed.");
    const request = { type: item.type, id: item.id, userId, role };
    return c.json(await collaborate(core, c.var.login.userId, request), 201);
  });

  // Whoever has an account here accepts at once: there is never anything to decide.
  app.get("/collaborations", door("collaborations"), (c) =>
    c.json({ total_count: 0, limit: 100, offset: 0, entries: [] }),
  );

  app.get("/collaborations/:id", door("collaborations"), (c) =>
    c.json(collaboration(core, c.var.login.userId, idOf(c))),
  );

  app.put("/collaborations/:id", door("collaborations"), async (c) => {
    const { role } = await bodyOf(c, z.object({ role: z.enum(ROLES) }));
    const changed = await changeRole(core, c.var.login.userId, idOf(c), role);
    return changed ? c.json(changed) : c.body(null, 204);
  });

  app.delete("/collaborations/:id", door("collaborations"), async (c) => {
    await endCollaboration(core, c.var.login.userId, idOf(c));
    return c.body(null, 204);
  });

  for (const type of ["file", "folder"] as const)
    app.get(`/${type}s/:id/collaborations`, door("collaborations"), (c) => {
      const entries = collaborationsOn(core, c.var.login.userId, type, idOf(c));
      return c.json({ total_count: entries.length, limit: 1000, next_marker: null, entries });
    });

  return app;
}
