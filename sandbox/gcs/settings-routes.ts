import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import type { Env } from "./env.ts";
import { readText } from "./bytes.ts";
import { GcsError, noSuchBucket } from "./errors.ts";
import { parseJsonObject } from "./resource.ts";
import type { Shelf } from "./shelf.ts";

type Json = Record<string, unknown>;

const missing = () => new GcsError(404, "notFound", "Not Found");

/** What can be said about buckets, objects and projects, is read back, and changes nothing. */
export function settingsRoutes({ catalogue, objects, records }: Shelf): Hono<Env> {
  const routes = new Hono<Env>();
  const body = async (c: Context<Env>) => parseJsonObject(await readText(c.get("call").body));

  /** The bucket, and the object if one is named, must be there. */
  function subject(c: Context<Env>): string {
    const { bucket = "", name } = c.get("call");
    if (!catalogue.bucket(bucket)) throw noSuchBucket();
    if (name === undefined) return bucket;
    return `${bucket}/o/${objects.mustExist(bucket, name, undefined).name}`;
  }

  function known(scope: string, id: string): Json {
    const found = records.get(scope, id);
    if (!found) throw missing();
    return found;
  }

  /** A list at `path` and its entries, each under the id that `idOf` gives a new one. */
  function keep(path: string, kind: string, idOf: (asked: Json) => string, idName: string) {
    const last = path.slice(path.lastIndexOf("/"));
    const scope = (c: Context<Env>) => `${subject(c)}${last}`;
    const entry = (c: Context<Env>) => c.req.param("id") ?? "";

    routes.get(path, (c) => c.json({ kind: `${kind}s`, items: records.all(scope(c)) }));

    routes.post(path, async (c) => {
      const asked = await body(c);
      const id = idOf(asked);
      const made = { kind, ...asked, [idName]: id, etag: etagOf() };
      records.set(scope(c), id, made);
      return c.json(made);
    });

    routes.get(`${path}/:id`, (c) => c.json(known(scope(c), entry(c))));

    routes.on(["PUT", "PATCH"], `${path}/:id`, async (c) => {
      const made = { ...known(scope(c), entry(c)), ...(await body(c)), etag: etagOf() };
      records.set(scope(c), entry(c), made);
      return c.json(made);
    });

    routes.delete(`${path}/:id`, (c) => {
      known(scope(c), entry(c));
      records.remove(scope(c), entry(c));
      return c.body(null, 204);
    });
  }

  const entity = (asked: Json) => String(asked["entity"]);
  const BUCKET = "/storage/v1/b/:bucket";
  keep(`${BUCKET}/acl`, "storage#bucketAccessControl", entity, "entity");
  keep(`${BUCKET}/defaultObjectAcl`, "storage#objectAccessControl", entity, "entity");
  keep(`${BUCKET}/o/:object/acl`, "storage#objectAccessControl", entity, "entity");
  keep(`${BUCKET}/notificationConfigs`, "storage#notification", () => String(++lastId), "id");

  const NO_POLICY = { kind: "storage#policy", version: 1, bindings: [], etag: "CAE=" };
  const policy = (c: Context<Env>) => records.get(`${subject(c)}/iam`, "policy") ?? NO_POLICY;

  routes.get(`${BUCKET}/iam`, (c) => c.json(policy(c)));

  routes.put(`${BUCKET}/iam`, async (c) => {
    const asked = await body(c);
    const before = policy(c);
    if (asked["etag"] !== undefined && asked["etag"] !== before["etag"])
      throw new GcsError(412, "conditionNotMet", "The policy was changed meanwhile.");
    const after = { ...NO_POLICY, ...asked, etag: etagOf() };
    records.set(`${subject(c)}/iam`, "policy", after);
    return c.json(after);
  });

  return routes;
}

/** Nothing is ever compared with it but itself. */
const etagOf = () => randomBytes(6).toString("base64");

let lastId = Date.now();
