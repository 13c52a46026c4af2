import { type Context, Hono } from "hono";
import type { Env } from "./env.ts";
import { readText } from "./bytes.ts";
import type { Generation } from "./generation.ts";
import { answer, readGeneration } from "./object-routes.ts";
import { checkPreconditions, readPreconditions } from "./preconditions.ts";
import { objectResource, parseJsonObject } from "./resource.ts";
import type { Shelf } from "./shelf.ts";

const OBJECT = "/storage/v1/b/:bucket/o/:object";

/** https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite and its relatives */
export function copyRoutes({ objects, copies }: Shelf): Hono<Env> {
  const routes = new Hono<Env>();
  const conditionsOf = (c: Context<Env>) => readPreconditions((name) => c.req.query(name));
  const bodyOf = async (c: Context<Env>) => parseJsonObject(await readText(c.get("call").body));

  function sourceOf(c: Context<Env>): Generation {
    const { bucket = "", name = "" } = c.get("call").source ?? {};
    const source = objects.mustExist(bucket, name, readGeneration(c, "sourceGeneration"));
    const conditions = readPreconditions((condition) =>
      c.req.query(condition.replace("if", "ifSource")),
    );
    checkPreconditions(conditions, source, "write");
    return source;
  }

  async function copied(c: Context<Env>): Promise<Generation> {
    const { bucket = "", name = "" } = c.get("call");
    const resource = await bodyOf(c);
    const preconditions = conditionsOf(c);
    return copies.copy({ source: sourceOf(c), bucket, name, resource, preconditions });
  }

  routes.post(`${OBJECT}/copyTo/b/:to/o/:name`, async (c) => answer(c, await copied(c)));

  // Always done at once: nobody has to come back with a token.
  routes.post(`${OBJECT}/rewriteTo/b/:to/o/:name`, async (c) => {
    const made = await copied(c);
    return c.json({
      kind: "storage#rewriteResponse",
      totalBytesRewritten: String(made.sizeBytes),
      objectSize: String(made.sizeBytes),
      done: true,
      resource: objectResource(made, c.get("call").origin),
    });
  });

  routes.post(`${OBJECT}/moveTo/o/:name`, async (c) => {
    const source = sourceOf(c);
    objects.checkEndable(source);
    const made = await copied(c);
    objects.remove(source, {});
    return answer(c, made);
  });

  routes.post(`${OBJECT}/compose`, async (c) => {
    const { bucket = "", name = "" } = c.get("call");
    return answer(c, await copies.compose(bucket, name, await bodyOf(c), conditionsOf(c)));
  });

  return routes;
}
