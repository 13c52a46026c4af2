import { type Context, Hono } from "hono";
import { z } from "zod";
import { describe } from "../account/attributes.ts";
import { copy } from "../account/copies.ts";
import { createFolder } from "../account/folders.ts";
import { move } from "../account/moves.ts";
import { restore, trash } from "../account/trash.ts";
import type { View } from "../access.ts";
import type { Core } from "../core.ts";
import { type Item, type Place, ROOT, type Sort } from "../items.ts";
import { badRequest } from "../refusal.ts";
import type { Json } from "../shapes.ts";
import { sharedLink } from "./shared-items.ts";
import {
  bodyOf,
  boxId,
  type Desk,
  type Door,
  type Env,
  fieldsOf,
  idOf,
  isAsked,
  numberOf,
} from "./door.ts";

const text = z.string().optional();
const parent = z.object({ id: boxId });
const tags = z.array(z.string()).optional();
const named = { name: text, parent: parent.optional() };
const change = z.object({ ...named, description: text, tags, shared_link: sharedLink });

/** https://developer.box.com/reference/resources/folder/ */
export function folderRoutes(desk: Desk, door: Door) {
  const { core, faults } = desk;
  const app = new Hono<Env>();
  const show = (userId: string, item: Item, fields: string[] | undefined) =>
    core.shapes.item(core.access.view(userId, item)!, fields);

  app.get("/folders/:id", door("folder"), (c) => {
    const { userId } = c.var.login;
    const view = core.access.need(userId, "folder", idOf(c));
    if (c.req.header("if-none-match") === String(view.item.etag)) return c.body(null, 304);
    const fields = fieldsOf(c);
    const shape = core.shapes.item(view, fields);
    if (!fields || fields.includes("item_collection")) {
      const [limit, offset] = [numberOf(c, "limit", 100, 1000), numberOf(c, "offset", 0)];
      const page = { limit, offset, sort: sortOf(c) };
      shape["item_collection"] = byOffset(core, userId, view.item, page, undefined);
    }
    return c.json(shape);
  });

  app.get("/folders/:id/items", door("folder_items"), (c) => {
    const { userId } = c.var.login;
    const { item } = core.access.need(userId, "folder", idOf(c));
    const limit = numberOf(c, "limit", 100, 1000);
    const fields = fieldsOf(c);
    if (isAsked(c, "usemarker")) {
      if (c.var.effect?.type === "forget") throw badMarker();
      const most = Math.min(limit, faults.settings.rowsAPage);
      return c.json(byMarker(c, core, userId, item, most));
    }
    if (c.req.query("marker") !== undefined)
      throw badRequest("marker", "'marker' needs 'usemarker' to be true.");
    const offset = numberOf(c, "offset", 0);
    if (offset > 10_000) throw badRequest("offset", "Offset is beyond 10000.");
    return c.json(byOffset(core, userId, item, { limit, offset, sort: sortOf(c) }, fields));
  });

  app.post("/folders", door("change"), async (c) => {
    const { name, parent: at } = await bodyOf(c, z.object({ name: z.string(), parent }));
    const { userId } = c.var.login;
    const made = await createFolder(core, userId, { parentId: at.id, name });
    return c.json(show(userId, made, fieldsOf(c)), 201);
  });

  app.put("/folders/:id", door("change"), async (c) => {
    const { name, parent, ...description } = await bodyOf(c, change);
    const { userId } = c.var.login;
    const ifMatch = c.req.header("if-match");
    const request = { type: "folder", id: idOf(c), name, parentId: parent?.id, ifMatch } as const;
    const moved = await move(core, userId, request);
    return c.json(show(userId, await describe(core, userId, moved, description), fieldsOf(c)));
  });

  app.post("/folders/:id", door("change"), async (c) => {
    const { name, parent } = await bodyOf(c, change);
    const { userId } = c.var.login;
    const request = { type: "folder", id: idOf(c), name, parentId: parent?.id } as const;
    return c.json(show(userId, await restore(core, userId, request), fieldsOf(c)), 201);
  });

  app.post("/folders/:id/copy", door("change"), async (c) => {
    const { name, parent: at } = await bodyOf(c, z.object({ name: text, parent }));
    const { userId } = c.var.login;
    const request = { type: "folder", id: idOf(c), name, parentId: at.id } as const;
    return c.json(show(userId, await copy(core, userId, request), fieldsOf(c)), 201);
  });

  app.delete("/folders/:id", door("change"), async (c) => {
    const recursive = isAsked(c, "recursive");
    const ifMatch = c.req.header("if-match");
    await trash(core, c.var.login.userId, { type: "folder", id: idOf(c), recursive, ifMatch });
    return c.body(null, 204);
  });

  return app;
}

/** Who sees only what was shared finds that, and nothing else, in their root. */
const sharedRoot = (core: Core, userId: string, folder: Item) =>
  folder.id === ROOT && userId !== core.people.serviceUserId
    ? core.access.sharedWith(userId)
    : undefined;

function entriesOf(core: Core, userId: string, items: Item[], fields: string[] | undefined) {
  const views = items.map((item) => core.access.view(userId, item));
  const seen = views.filter((view): view is View => view !== undefined);
  // Without fields a listing gives the mini form, unlike a single item.
  return seen.map((view) => core.shapes.item(view, fields ?? []));
}

function byOffset(
  core: Core,
  userId: string,
  folder: Item,
  { limit, offset, sort }: { limit: number; offset: number; sort: Sort },
  fields: string[] | undefined,
): Json {
  const shared = sharedRoot(core, userId, folder);
  const rows =
    shared?.slice(offset, offset + limit) ??
    core.items.children(folder.id, { limit, offset, sort });
  return {
    total_count: shared?.length ?? core.items.countChildren(folder.id),
    entries: entriesOf(core, userId, rows, fields),
    offset,
    limit,
    order: [{ by: "type", direction: "ASC" }, sort],
  };
}

const sorting = z.object({
  sort: z.enum(["name", "id", "date", "size"]).default("name"),
  direction: z.enum(["ASC", "DESC"]).default("ASC"),
});

/** https://developer.box.com/reference/get-folders-id-items/#param-sort */
function sortOf(c: Context): Sort {
  const { sort, direction } = c.req.query();
  const read = sorting.safeParse({ sort, direction: direction?.toUpperCase() });
  if (!read.success) throw badRequest("sort", "Sorted by name, id, date or size, ASC or DESC.");
  return { by: read.data.sort, direction: read.data.direction };
}

function byMarker(c: Context, core: Core, userId: string, folder: Item, limit: number): Json {
  if (c.req.query("offset") !== undefined)
    throw badRequest("offset", "'offset' cannot be used with 'usemarker'.");
  if (folder.id === ROOT && c.req.query("sort") !== undefined)
    throw badRequest("sort", "'sort' cannot be used with 'usemarker' on the root folder.");
  const shared = sharedRoot(core, userId, folder);
  const after = readMarker(c.req.query("marker"), folder.id);
  const rows = shared ?? core.items.children(folder.id, { after, limit: limit + 1 });
  const page = shared ?? rows.slice(0, limit);
  const last = rows.length > page.length ? page.at(-1) : undefined;
  return {
    entries: entriesOf(core, userId, page, fieldsOf(c)),
    limit,
    next_marker: last ? writeMarker(folder.id, last) : "",
  };
}

const place = z.tuple([z.string(), z.number(), z.string(), z.string()]);

const writeMarker = (folderId: string, { kind, nameKey, id }: Place) =>
  Buffer.from(JSON.stringify([folderId, kind, nameKey, id])).toString("base64url");

/** A marker is good for the folder that it was made for, and for no other. */
function readMarker(marker: string | undefined, folderId: string): Place | undefined {
  if (!marker) return undefined;
  try {
    const json = Buffer.from(marker, "base64url").toString();
    const [folder, kind, nameKey, id] = place.parse(JSON.parse(json));
    if (folder === folderId) return { kind, nameKey, id };
  } catch {
    // Falls through to the one answer for every bad marker.
  }
  throw badMarker();
}

const badMarker = () => badRequest("marker", "Invalid marker.");
