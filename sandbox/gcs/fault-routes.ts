import { Hono } from "hono";
import { z } from "zod";
import type { Env } from "./env.ts";
import { bodyOf, readText } from "./bytes.ts";
import { invalid } from "./errors.ts";
import type { Fault, Faults } from "./faults.ts";
import { KINDS } from "./requests.ts";
import { parseJsonObject } from "./resource.ts";

const kind = z.enum(KINDS);
const faultBody = z.strictObject({
  instruction: z.string(),
  on: z.union([kind, z.array(kind)]),
  times: z.int().positive().optional(),
  skip: z.int().nonnegative().optional(),
  name: z.string().optional(),
});

/** Faults by hand: GET shows what is armed, POST arms one, DELETE forgets all. */
export function faultRoutes(faults: Faults): Hono<Env> {
  const routes = new Hono<Env>();
  const shown = () =>
    faults.armed().map(({ id, instruction, on, name, remaining }) => ({
      id,
      instruction,
      on,
      name,
      remaining,
    }));

  routes.get("/", (c) => c.json({ faults: shown() }));

  routes.post("/", async (c) => {
    const parsed = faultBody.safeParse(parseJsonObject(await readText(bodyOf(c.env.incoming))));
    if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
    try {
      faults.arm(parsed.data as Fault);
    } catch (error) {
      throw invalid((error as Error).message);
    }
    return c.json({ faults: shown() }, 201);
  });

  routes.delete("/", (c) => {
    faults.clear();
    return c.json({ faults: shown() });
  });

  return routes;
}
