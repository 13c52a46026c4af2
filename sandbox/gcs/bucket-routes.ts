import { type Context, Hono } from "hono";
import type { createAccess } from "./access.ts";
import type { Env } from "./env.ts";
import { mergeBucketFields } from "./bucket-fields.ts";
import type { Bucket } from "./buckets.ts";
import { readText } from "./bytes.ts";
import { GcsError, noSuchBucket, required } from "./errors.ts";
import { selectFields } from "./fields.ts";
import { readMaxResults } from "./listing.ts";
import { checkBucketName } from "./names.ts";
import { checkPreconditions, readPreconditions } from "./preconditions.ts";
import { bucketResource, parseJsonObject } from "./resource.ts";
import type { Shelf } from "./shelf.ts";

/** https://cloud.google.com/storage/docs/json_api/v1/buckets */
export function bucketRoutes(shelf: Shelf, { access }: ReturnType<typeof createAccess>): Hono<Env> {
  const { catalogue, files, records } = shelf;
  const routes = new Hono<Env>();

  /** The bucket in the address, if the conditions hold for it. */
  function find(c: Context<Env>, on: "read" | "write"): Bucket {
    const bucket = catalogue.bucket(c.get("call").bucket ?? "");
    if (!bucket) throw noSuchBucket();
    const { metageneration } = bucket;
    const conditions = readPreconditions((name) => c.req.query(name));
    checkPreconditions(conditions, { generation: 0, metageneration }, on);
    return bucket;
  }

  const answer = (c: Context<Env>, bucket: Bucket) =>
    Response.json(
      selectFields(bucketResource(bucket, c.get("call").origin), c.req.query("fields")),
    );

  routes.get("/storage/v1/b", (c) => {
    const { origin } = c.get("call");
    const prefix = c.req.query("prefix") ?? "";
    const after = Buffer.from(c.req.query("pageToken") ?? "", "base64url").toString();
    const found = catalogue
      .buckets()
      .filter(({ name }) => name.startsWith(prefix) && (after === "" || name > after));
    const page = found.slice(0, readMaxResults(c.req.query("maxResults")));
    const last = found.length > page.length ? page.at(-1) : undefined;
    const resource = {
      kind: "storage#buckets",
      ...(last ? { nextPageToken: Buffer.from(last.name).toString("base64url") } : {}),
      items: page.map((bucket) => bucketResource(bucket, origin)),
    };
    return Response.json(selectFields(resource, c.req.query("fields")));
  });

  routes.post("/storage/v1/b", async (c) => {
    const resource = parseJsonObject(await readText(c.get("call").body));
    const name = checkBucketName(resource["name"]);
    if (catalogue.bucket(name))
      throw new GcsError(
        409,
        "conflict",
        "Your previous request to create the named bucket succeeded and you already own it.",
      );
    const fields = mergeBucketFields({}, resource);
    shelf.addBucket(name, fields);
    return answer(c, catalogue.bucket(name)!);
  });

  routes.get("/storage/v1/b/:bucket", (c) => answer(c, find(c, "read")));

  routes.on(["PATCH", "PUT"], "/storage/v1/b/:bucket", async (c) => {
    const resource = parseJsonObject(await readText(c.get("call").body));
    const bucket = find(c, "write");
    const before = c.req.method === "PUT" ? {} : bucket.fields;
    return answer(c, catalogue.describeBucket(bucket, mergeBucketFields(before, resource)));
  });

  routes.delete("/storage/v1/b/:bucket", (c) => {
    const { name } = find(c, "write");
    if (!catalogue.from(name, "").next().done)
      throw new GcsError(409, "conflict", "The bucket you tried to delete is not empty.");
    catalogue.removeBucket(name);
    records.removeBelow(`${name}/`);
    files.removeBucket(name);
    return c.body(null, 204);
  });

  routes.post("/storage/v1/b/:bucket/lockRetentionPolicy", (c) => {
    if (c.req.query("ifMetagenerationMatch") === undefined)
      throw required("Required parameter: ifMetagenerationMatch");
    const bucket = find(c, "write");
    const { retentionPolicy } = bucket.fields;
    if (!retentionPolicy)
      throw new GcsError(400, "invalid", "The bucket has no retention policy to be locked.");
    const locked = { ...bucket.fields, retentionPolicy: { ...retentionPolicy, isLocked: true } };
    return answer(c, catalogue.describeBucket(bucket, locked));
  });

  routes.get("/storage/v1/b/:bucket/iam/testPermissions", (c) => {
    find(c, "read");
    const asked = c.req.queries("permissions") ?? [];
    const permissions = asked.filter((permission) => !access.withheld.has(permission));
    const kind = "storage#testIamPermissionsResponse";
    return c.json(permissions.length > 0 ? { kind, permissions } : { kind });
  });

  return routes;
}
