import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  checkTarget,
  createUploadSessions,
  PART_BYTES,
  type Part,
  type UploadSession,
} from "../account/upload-sessions.ts";
import { boxTime, parseTime } from "../clock.ts";
import { badRequest } from "../refusal.ts";
import type { Json } from "../shapes.ts";
import { bodyOf, boxId, type Desk, type Door, type Env, fieldsOf, idOf, numberOf } from "./door.ts";

const size = z.number().int().nonnegative();
const preflight = z.object({
  name: z.string().optional(),
  size: size.optional(),
  parent: z.object({ id: boxId }).optional(),
});
const commit = z.object({
  parts: z.array(z.object({ part_id: z.string() })),
  attributes: z
    .object({ content_created_at: z.string(), content_modified_at: z.string() })
    .partial()
    .optional(),
});

/** https://developer.box.com/reference/resources/upload-session/ */
export function uploadSessionRoutes(desk: Desk, door: Door) {
  const { core } = desk;
  const sessions = createUploadSessions(core);
  const app = new Hono<Env>();
  const find = (c: Context<Env>) => sessions.find(c.var.login.userId, c.req.param("session") ?? "");

  app.on("OPTIONS", "/files/content", door("upload"), async (c) => {
    const { name = "", parent } = await bodyOf(c, preflight);
    if (!parent) throw badRequest("parent", "'parent' is required.", "missing_parameter");
    checkTarget(core, c.var.login.userId, { folderId: parent.id, name });
    return c.json({ upload_url: `${originOf(c)}/api/2.0/files/content`, upload_token: null });
  });

  app.on("OPTIONS", "/files/:id/content", door("upload"), async (c) => {
    await bodyOf(c, preflight);
    checkTarget(core, c.var.login.userId, { fileId: idOf(c), name: undefined });
    const path = `/api/2.0/files/${idOf(c)}/content`;
    return c.json({ upload_url: `${originOf(c)}${path}`, upload_token: null });
  });

  app.post("/files/upload_sessions", door("upload"), async (c) => {
    const schema = z.object({ folder_id: boxId, file_size: size, file_name: z.string() });
    const { folder_id: folderId, file_size, file_name: name } = await bodyOf(c, schema);
    const session = sessions.begin(c.var.login.userId, { folderId, name }, file_size);
    return c.json(shape(c, session), 201);
  });

  app.post("/files/:id/upload_sessions", door("upload"), async (c) => {
    const schema = z.object({ file_size: size, file_name: z.string().optional() });
    const { file_size, file_name: name } = await bodyOf(c, schema);
    const session = sessions.begin(c.var.login.userId, { fileId: idOf(c), name }, file_size);
    return c.json(shape(c, session), 201);
  });

  app.get("/files/upload_sessions/:session", door("upload"), (c) => c.json(shape(c, find(c))));

  app.put("/files/upload_sessions/:session", door("upload"), async (c) => {
    const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(c.req.header("content-range") ?? "");
    if (!range) throw badRequest("content-range", "Not a range of bytes.");
    const [from, to, totalBytes] = range.slice(1).map(Number) as [number, number, number];
    const where = { from, to, totalBytes };
    const part = await sessions.addPart(find(c), where, sha1Of(c), c.env.incoming);
    return c.json({ part: partShape(part) });
  });

  app.get("/files/upload_sessions/:session/parts", door("upload"), (c) => {
    const parts = Array.from(find(c).parts.values());
    const [limit, offset] = [numberOf(c, "limit", 1000, 1000), numberOf(c, "offset", 0)];
    const entries = parts.slice(offset, offset + limit).map(partShape);
    return c.json({ total_count: parts.length, limit, offset, order: [], entries });
  });

  app.post("/files/upload_sessions/:session/commit", door("upload"), async (c) => {
    const { parts, attributes } = await bodyOf(c, commit);
    const listed = parts.map(({ part_id: id }) => ({ id }));
    const item = await sessions.commit(find(c), listed, sha1Of(c), {
      contentCreatedAt: parseTime(attributes?.content_created_at),
      contentModifiedAt: parseTime(attributes?.content_modified_at),
    });
    const view = core.access.view(c.var.login.userId, item)!;
    return c.json({ total_count: 1, entries: [core.shapes.item(view, fieldsOf(c))] }, 201);
  });

  app.delete("/files/upload_sessions/:session", door("upload"), (c) => {
    sessions.abort(c.var.login.userId, c.req.param("session"));
    return c.body(null, 204);
  });

  return app;
}

/** As the caller reached us: addresses in answers begin so. */
const originOf = (c: Context) => new URL(c.req.url).origin;

/** `sha=…`, base64, as hexadecimal; older official clients write `SHA`, which is the same in HTTP. */
function sha1Of(c: Context): string {
  const digest = /^sha=(\S+)$/i.exec(c.req.header("digest") ?? "")?.[1];
  if (digest === undefined) throw badRequest("digest", "A digest is needed.", "missing_parameter");
  return Buffer.from(digest, "base64").toString("hex");
}

const partShape = ({ id, offset, size, sha1 }: Part): Json => ({ part_id: id, offset, size, sha1 });

function shape(c: Context, { id, sizeBytes, expiresAt, parts }: UploadSession): Json {
  const at = `${originOf(c)}/api/2.0/files/upload_sessions/${id}`;
  return {
    type: "upload_session",
    id,
    session_expires_at: boxTime(expiresAt),
    part_size: PART_BYTES,
    total_parts: Math.ceil(sizeBytes / PART_BYTES),
    num_parts_processed: parts.size,
    session_endpoints: {
      upload_part: at,
      commit: `${at}/commit`,
      abort: at,
      list_parts: `${at}/parts`,
      status: at,
      log_event: `${at}/log`,
    },
  };
}
