import { Hono } from "hono";
import { z } from "zod";
import type { Env } from "./env.ts";
import { bodyOf, readText } from "./bytes.ts";
import { invalid } from "./errors.ts";
import { parseJsonObject } from "./resource.ts";
import type { RetryTests } from "./retry-tests.ts";

const asked = z.object({
  instructions: z.record(z.string(), z.array(z.string())),
  transport: z.literal("HTTP").default("HTTP"),
});

/** Outside the API, as in the testbench: `/retry_test`, `/retry_tests`. */
export function retryTestRoutes(tests: RetryTests): Hono<Env> {
  const routes = new Hono<Env>();

  routes.get("/retry_tests", (c) => c.json({ retry_test: tests.all() }));

  routes.post("/retry_test", async (c) => {
    const parsed = asked.safeParse(parseJsonObject(await readText(bodyOf(c.env.incoming))));
    if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
    return c.json(tests.create(parsed.data.instructions, parsed.data.transport));
  });

  routes.get("/retry_test/:id", (c) => c.json(tests.get(c.req.param("id"))));

  routes.delete("/retry_test/:id", (c) => {
    tests.remove(c.req.param("id"));
    return c.text(`Deleted ${c.req.param("id")}`);
  });

  return routes;
}
