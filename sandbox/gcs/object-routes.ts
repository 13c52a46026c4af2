import { type Context, Hono } from "hono";
import type { createAccess } from "./access.ts";
import type { Env } from "./env.ts";
import { readText } from "./bytes.ts";
import type { Generation } from "./generation.ts";
import { download } from "./downloads.ts";
import { GcsError, invalid } from "./errors.ts";
import { selectFields } from "./fields.ts";
import { listObjects, listVersions, readMaxResults } from "./listing.ts";
import { checkPreconditions, readPreconditions } from "./preconditions.ts";
import { objectResource, parseJsonObject } from "./resource.ts";
import type { Shelf } from "./shelf.ts";

/** Google's own Python client writes `True`. */
const isAsked = (c: Context<Env>, name: string) => c.req.query(name)?.toLowerCase() === "true";

/** https://cloud.google.com/storage/docs/json_api/v1/objects, but for uploads. */
export function objectRoutes(
  { catalogue, files, objects }: Shelf,
  { hideAbsence }: ReturnType<typeof createAccess>,
): Hono<Env> {
  const routes = new Hono<Env>();

  function find(c: Context<Env>): Generation {
    const { bucket = "", name = "" } = c.get("call");
    const generation = readGeneration(c, "generation");
    try {
      return objects.mustExist(bucket, name, generation);
    } catch (error) {
      if (error instanceof GcsError && error.status === 404) hideAbsence();
      throw error;
    }
  }

  const isThere = (object: Generation) => object.endedAt === undefined || files.isKept(object);

  const get = (c: Context<Env>) => {
    const call = c.get("call");
    const object = find(c);
    checkPreconditions(
      readPreconditions((name) => c.req.query(name)),
      object,
      "read",
    );
    return call.kind === "download" ? download(call, object, files) : answer(c, object);
  };
  routes.get("/storage/v1/b/:bucket/o/:object", get);
  routes.get("/download/storage/v1/b/:bucket/o/:object", get);

  routes.get("/storage/v1/b/:bucket/o", (c) => {
    const { bucket = "", origin } = c.get("call");
    objects.checkBucket(bucket);
    const request = {
      bucket,
      prefix: c.req.query("prefix") ?? "",
      delimiter: c.req.query("delimiter") ?? "",
      startOffset: c.req.query("startOffset") ?? "",
      endOffset: c.req.query("endOffset"),
      withFolders: isAsked(c, "includeTrailingDelimiter"),
      matchGlob: c.req.query("matchGlob"),
      maxResults: readMaxResults(c.req.query("maxResults")),
      pageToken: c.req.query("pageToken"),
    };
    const { items, prefixes, nextPageToken } = isAsked(c, "versions")
      ? listVersions(catalogue.generations(bucket).filter(isThere), request)
      : listObjects(catalogue, request);
    const resource = {
      kind: "storage#objects",
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
      ...(prefixes.length === 0 ? {} : { prefixes }),
      ...(items.length === 0 ? {} : { items: items.map((item) => objectResource(item, origin)) }),
    };
    return Response.json(selectFields(resource, c.req.query("fields")));
  });

  routes.on(["PATCH", "PUT"], "/storage/v1/b/:bucket/o/:object", async (c) => {
    const resource = parseJsonObject(await readText(c.get("call").body));
    const preconditions = readPreconditions((name) => c.req.query(name));
    return answer(c, objects.describe(find(c), resource, preconditions, c.req.method === "PUT"));
  });

  routes.delete("/storage/v1/b/:bucket/o/:object", (c) => {
    const conditions = readPreconditions((name) => c.req.query(name));
    objects.remove(find(c), conditions, c.req.query("generation") !== undefined);
    return c.body(null, 204);
  });

  // The address for people and browsers, of which this is all that is served; it would match any other.
  routes.get("/:bucket/:object{.+}", get);

  return routes;
}

/** A generation in the query; undefined without one, refused when it is no number. */
export function readGeneration(c: Context<Env>, parameter: string): number | undefined {
  const text = c.req.query(parameter);
  if (text !== undefined && !/^\d+$/.test(text))
    throw invalid(`Invalid value '${text}' for ${parameter}.`);
  return text ? Number(text) : undefined;
}

/** An object's resource, as far as `fields` asks for it. */
export function answer(c: Context<Env>, object: Generation): Response {
  const resource = objectResource(object, c.get("call").origin);
  return Response.json(selectFields(resource, c.req.query("fields")));
}
