import { Hono } from "hono";
import type { createAccess } from "./access.ts";
import type { Env } from "./app.ts";
import { readText } from "./bytes.ts";
import { GcsError, noSuchBucket } from "./errors.ts";
import { selectFields } from "./fields.ts";
import { checkBucketName } from "./names.ts";
import { bucketResource, parseJsonObject } from "./resource.ts";
import type { Shelf } from "./shelf.ts";

/** https://cloud.google.com/storage/docs/json_api/v1/buckets */
export function bucketRoutes(shelf: Shelf, { access }: ReturnType<typeof createAccess>): Hono<Env> {
  const { catalogue, files } = shelf;
  const routes = new Hono<Env>();

  const find = (name: string) => {
    const bucket = catalogue.bucket(name);
    if (!bucket) throw noSuchBucket();
    return bucket;
  };

  routes.get("/storage/v1/b", (c) => {
    const { origin } = c.get("call");
    const items = catalogue.buckets().map((bucket) => bucketResource(bucket, origin));
    return c.json({ kind: "storage#buckets", items });
  });

  routes.post("/storage/v1/b", async (c) => {
    const { body, origin } = c.get("call");
    const name = checkBucketName(parseJsonObject(await readText(body))["name"]);
    if (catalogue.bucket(name))
      throw new GcsError(
        409,
        "conflict",
        "Your previous request to create the named bucket succeeded and you already own it.",
      );
    shelf.addBucket(name);
    return c.json(bucketResource(find(name), origin));
  });

  routes.get("/storage/v1/b/:bucket", (c) => {
    const resource = bucketResource(find(c.req.param("bucket")), c.get("call").origin);
    return Response.json(selectFields(resource, c.req.query("fields")));
  });

  // Accepted, because tools send them; nothing about a bucket can be changed here.
  routes.on(["PATCH", "PUT"], "/storage/v1/b/:bucket", async (c) => {
    const { body, origin } = c.get("call");
    await readText(body);
    return c.json(bucketResource(find(c.req.param("bucket")), origin));
  });

  routes.delete("/storage/v1/b/:bucket", (c) => {
    const { name } = find(c.req.param("bucket"));
    if (!catalogue.from(name, "").next().done)
      throw new GcsError(409, "conflict", "The bucket you tried to delete is not empty.");
    catalogue.removeBucket(name);
    files.removeBucket(name);
    return c.body(null, 204);
  });

  routes.get("/storage/v1/b/:bucket/iam/testPermissions", (c) => {
    find(c.req.param("bucket"));
    const asked = c.req.queries("permissions") ?? [];
    const permissions = asked.filter((permission) => !access.withheld.has(permission));
    const kind = "storage#testIamPermissionsResponse";
    return c.json(permissions.length > 0 ? { kind, permissions } : { kind });
  });

  return routes;
}
