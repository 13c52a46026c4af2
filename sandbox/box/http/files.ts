import { Hono } from "hono";
import { z } from "zod";
import { describe } from "../account/attributes.ts";
import { copy } from "../account/copies.ts";
import { move } from "../account/moves.ts";
import { restore, trash } from "../account/trash.ts";
import { promote, restoreVersion, trashVersion } from "../account/versions.ts";
import type { Item } from "../items.ts";
import { badRequest, notFound } from "../refusal.ts";
import type { ContentLinks } from "../content-links.ts";
import { sharedLink } from "./shared-items.ts";
import { bodyOf, boxId, type Desk, type Door, type Env, fieldsOf, idOf, numberOf } from "./door.ts";

const text = z.string().optional();
const parent = z.object({ id: boxId }).optional();
const lock = z
  .object({
    access: z.literal("lock").optional(),
    expires_at: text,
    is_download_prevented: z.boolean().optional(),
  })
  .nullish();
const tags = z.array(z.string()).optional();
const named = { name: text, parent };
const change = z.object({ ...named, description: text, tags, lock, shared_link: sharedLink });
const copying = z.object({ name: text, parent: z.object({ id: boxId }), version: text });

/** https://developer.box.com/reference/resources/file/ */
export function fileRoutes(desk: Desk, door: Door, links: ContentLinks) {
  const { core } = desk;
  const app = new Hono<Env>();
  const show = (userId: string, item: Item, fields: string[] | undefined) =>
    core.shapes.item(core.access.view(userId, item)!, fields);

  app.get("/files/:id", door("file"), (c) => {
    const view = core.access.needShown(c.var.login.userId, idOf(c));
    const etag = String(view.item.etag);
    if (c.req.header("if-none-match") === etag) return c.body(null, 304);
    return c.json(core.shapes.item(view, fieldsOf(c)));
  });

  app.put("/files/:id", door("change"), async (c) => {
    const { name, parent, ...description } = await bodyOf(c, change);
    const { userId } = c.var.login;
    const ifMatch = c.req.header("if-match");
    const request = { type: "file", id: idOf(c), name, parentId: parent?.id, ifMatch } as const;
    const moved = await move(core, userId, request);
    return c.json(show(userId, await describe(core, userId, moved, description), fieldsOf(c)));
  });

  app.post("/files/:id", door("change"), async (c) => {
    const { name, parent } = await bodyOf(c, change);
    const { userId } = c.var.login;
    const request = { type: "file", id: idOf(c), name, parentId: parent?.id } as const;
    return c.json(show(userId, await restore(core, userId, request), fieldsOf(c)), 201);
  });

  app.post("/files/:id/copy", door("change"), async (c) => {
    const { name, parent, version } = await bodyOf(c, copying);
    const { userId } = c.var.login;
    const wanted = { type: "file", id: idOf(c), name, parentId: parent.id } as const;
    const made = await copy(core, userId, { ...wanted, version });
    return c.json(show(userId, made, fieldsOf(c)), 201);
  });

  app.delete("/files/:id", door("change"), async (c) => {
    const ifMatch = c.req.header("if-match");
    await trash(core, c.var.login.userId, { type: "file", id: idOf(c), ifMatch });
    return c.body(null, 204);
  });

  app.get("/files/:id/content", door("content"), (c) => {
    const { userId } = c.var.login;
    const { item } = core.access.need(userId, "file", idOf(c), "download");
    const effect = c.var.effect;
    if (effect?.type === "not_ready") {
      c.header("retry-after", String(effect.retryAfter ?? 1));
      return c.body(null, 202);
    }
    const version = core.items.version(c.req.query("version") ?? item.versionId ?? "");
    if (!version || version.fileId !== item.id || version.trashedAt !== null)
      throw notFound("file_version");
    core.state.transaction(() =>
      core.announce({ kind: "downloaded", item, by: userId, now: core.now() }),
    );
    return c.redirect(links.make(version), 302);
  });

  app.get("/files/:id/versions", door("file_versions"), (c) => {
    const { item } = core.access.need(c.var.login.userId, "file", idOf(c));
    const limit = numberOf(c, "limit", 1000, 1000);
    const offset = numberOf(c, "offset", 0);
    if (offset > 10_000) throw badRequest("offset", "Offset is beyond 10000.");
    const past = core.items.versions(item.id).filter(({ id }) => id !== item.versionId);
    const fields = fieldsOf(c);
    const entries = past.slice(offset, offset + limit);
    return c.json({
      total_count: past.length,
      limit,
      offset,
      entries: entries.map((version) => core.shapes.version(version, fields)),
    });
  });

  app.post("/files/:id/versions/current", door("change"), async (c) => {
    const schema = z.object({ id: boxId, type: z.literal("file_version") });
    const { id: versionId } = await bodyOf(c, schema);
    const request = { fileId: idOf(c), versionId };
    const { version } = await promote(core, c.var.login.userId, request);
    return c.json(core.shapes.version(version, fieldsOf(c)), 201);
  });

  app.get("/files/:id/versions/:version", door("file_versions"), (c) => {
    const { item } = core.access.need(c.var.login.userId, "file", idOf(c));
    const version = core.items.version(idOf(c, "version"));
    if (version?.fileId !== item.id) throw notFound("file_version");
    return c.json(core.shapes.version(version, fieldsOf(c)));
  });

  app.delete("/files/:id/versions/:version", door("change"), async (c) => {
    const request = { fileId: idOf(c), versionId: idOf(c, "version") };
    await trashVersion(core, c.var.login.userId, request);
    return c.body(null, 204);
  });

  app.put("/files/:id/versions/:version", door("change"), async (c) => {
    const request = { fileId: idOf(c), versionId: idOf(c, "version") };
    return c.json(core.shapes.version(await restoreVersion(core, c.var.login.userId, request)));
  });

  return app;
}
