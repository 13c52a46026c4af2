import { randomBytes } from "node:crypto";
import { Hono } from "hono";
import type { Env } from "./env.ts";
import { readText } from "./bytes.ts";
import { GcsError, required } from "./errors.ts";
import { parseJsonObject } from "./resource.ts";
import type { Shelf } from "./shelf.ts";

const KEYS = "/storage/v1/projects/:project/hmacKeys";

/** https://cloud.google.com/storage/docs/json_api/v1/projects: keys that sign nothing here. */
export function projectRoutes({ records }: Shelf): Hono<Env> {
  const routes = new Hono<Env>();

  function known(id: string): Record<string, unknown> {
    const found = records.get("hmacKeys", id);
    if (!found) throw new GcsError(404, "notFound", "Access ID not found in project.");
    return found;
  }

  routes.get("/storage/v1/projects/:project/serviceAccount", (c) => {
    const email_address = `service-${c.req.param("project")}@gs-project-accounts.iam.gserviceaccount.com`;
    return c.json({ kind: "storage#serviceAccount", email_address });
  });

  routes.post(KEYS, (c) => {
    const serviceAccountEmail = c.req.query("serviceAccountEmail");
    if (!serviceAccountEmail) throw required("Required parameter: serviceAccountEmail");
    const projectId = c.req.param("project");
    const accessId = `GOOG1E${randomBytes(20).toString("hex").toUpperCase()}`;
    const timeCreated = new Date().toISOString();
    const metadata = {
      kind: "storage#hmacKeyMetadata",
      id: `${projectId}/${accessId}`,
      accessId,
      projectId,
      serviceAccountEmail,
      state: "ACTIVE",
      timeCreated,
      updated: timeCreated,
      etag: newEtag(),
    };
    records.set("hmacKeys", accessId, metadata);
    const secret = randomBytes(30).toString("base64");
    return c.json({ kind: "storage#hmacKey", metadata, secret });
  });

  routes.get(KEYS, (c) => {
    const email = c.req.query("serviceAccountEmail");
    const project = c.req.param("project");
    const items = records
      .all("hmacKeys")
      .filter(({ projectId }) => projectId === project)
      .filter(({ serviceAccountEmail }) => email === undefined || email === serviceAccountEmail);
    return c.json({ kind: "storage#hmacKeysMetadata", items });
  });

  routes.get(`${KEYS}/:id`, (c) => c.json(known(c.req.param("id"))));

  routes.put(`${KEYS}/:id`, async (c) => {
    const { state, etag } = parseJsonObject(await readText(c.get("call").body));
    const before = known(c.req.param("id"));
    if (etag !== undefined && etag !== before["etag"])
      throw new GcsError(412, "conditionNotMet", "The key was changed meanwhile.");
    const after = { ...before, state, etag: newEtag(), updated: new Date().toISOString() };
    records.set("hmacKeys", c.req.param("id"), after);
    return c.json(after);
  });

  routes.delete(`${KEYS}/:id`, (c) => {
    const { state } = known(c.req.param("id"));
    if (state !== "INACTIVE")
      throw new GcsError(400, "invalid", "Cannot delete keys in 'ACTIVE' state.");
    records.remove("hmacKeys", c.req.param("id"));
    return c.body(null, 204);
  });

  return routes;
}

const newEtag = () => randomBytes(6).toString("base64");
