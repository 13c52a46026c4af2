import { Hono } from "hono";
import { z } from "zod";
import { loseWebhooks } from "../webhook-loss.ts";
import type { ArmedFault, Effect, Fault, Settings } from "../faults.ts";
import { badRequest } from "../refusal.ts";
import { bodyOf, type Desk, type Env } from "./door.ts";

/** A person may arm only what can be written down; the effect is judged when it strikes. */
const fault = z.object({
  kind: z.union([z.string(), z.array(z.string())]),
  path: z.string().optional(),
  times: z.number().int().positive().optional(),
  skip: z.number().int().nonnegative().optional(),
  effect: z.looseObject({ type: z.string() }),
});

const show = ({ fault: { path, ...rest }, struck, consumed }: ArmedFault) => ({
  ...rest,
  ...(path === undefined ? {} : { path: String(path) }),
  struck,
  consumed,
});

/** What a setting must have in common with the one in its place. */
const sortOf = (value: unknown) => (Array.isArray(value) ? "array" : typeof value);

/** What Box does not have: the sandbox's own switches, for a person with curl. */
export function sandboxRoutes({ faults, calls, appKey, tokens, core }: Desk) {
  const { people } = core;
  const app = new Hono<Env>();
  app.get("/", (c) => {
    const { clientId, clientSecret, enterpriseId, serviceUserId, userId, keys } = people;
    const ccg = { clientId, clientSecret, enterpriseId, serviceUserId, userId };
    return c.json({ ccg, signatureKeys: keys, calls: calls.byKind() });
  });
  app.get("/jwt-config", (c) => c.json(appKey.config()));
  app.post("/developer-token", async (c) => {
    const { userId = people.serviceUserId } = await bodyOf(
      c,
      z.object({ userId: z.string().optional() }),
    );
    if (!people.user(userId)) throw badRequest("userId", "There is no such user.");
    return c.json({ token: tokens.developer({ userId, subject: "user" }).access_token });
  });
  app.delete("/access-tokens", (c) => {
    tokens.expireAccess();
    return c.body(null, 204);
  });
  // As the user does under Account Settings, Apps.
  app.delete("/logins/:userId", (c) => {
    tokens.withdraw(c.req.param("userId"));
    return c.body(null, 204);
  });
  app.delete("/webhooks", (c) => {
    loseWebhooks(core);
    return c.body(null, 204);
  });
  const state = () => ({ settings: faults.settings, armed: faults.armed().map(show) });
  app.get("/faults", (c) => c.json(state()));
  app.post("/faults", async (c) => {
    const { path, times, skip, ...asked } = await bodyOf(c, fault);
    faults.arm({
      kind: asked.kind as Fault["kind"],
      effect: asked.effect as Effect,
      ...(path === undefined ? {} : { path }),
      ...(times === undefined ? {} : { times }),
      ...(skip === undefined ? {} : { skip }),
    });
    return c.json(state(), 201);
  });
  app.put("/faults/settings", async (c) => {
    const known = Object.keys(faults.settings);
    const changes = await bodyOf(c, z.partialRecord(z.enum(known), z.unknown()));
    for (const [name, value] of Object.entries(changes))
      if (sortOf(value) !== sortOf(faults.settings[name as keyof Settings]))
        throw badRequest(name, `Invalid value '${JSON.stringify(value)}'.`);
    Object.assign(faults.settings, changes);
    return c.json(state());
  });
  app.delete("/faults", (c) => {
    faults.clear();
    return c.json(state());
  });
  return app;
}
