import { type Context, Hono } from "hono";
import { z } from "zod";
import { upload, uploadVersion } from "../account/uploads.ts";
import { parseTime } from "../clock.ts";
import type { Kept } from "../content.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { boxId, type Desk, type Door, type Env, fieldsOf, idOf } from "./door.ts";
import { readParts } from "./multipart.ts";

const attributes = z.object({
  name: z.string().optional(),
  parent: z.object({ id: boxId }).optional(),
  content_created_at: z.string().optional(),
  content_modified_at: z.string().optional(),
});

/** https://developer.box.com/guides/uploads/direct/file/ */
export function uploadRoutes(desk: Desk, door: Door) {
  const { core } = desk;
  const app = new Hono<Env>();

  app.post("/files/content", door("upload"), async (c) => {
    const { kept, name, parent, ...times } = await receive(c, desk);
    if (name === undefined || parent === undefined)
      throw badRequest("attributes", "'name' and 'parent' are required.", "missing_parameter");
    const { userId } = c.var.login;
    const item = await upload(core, userId, { parentId: parent.id, name, kept, ...times });
    const entry = core.shapes.item(core.access.view(userId, item)!, fieldsOf(c));
    return c.json({ total_count: 1, entries: [entry] }, 201);
  });

  app.post("/files/:id/content", door("upload"), async (c) => {
    const { userId } = c.var.login;
    const ifMatch = c.req.header("if-match");
    const { parent: _, ...rest } = await receive(c, desk);
    const request = { fileId: idOf(c), ifMatch, ...rest };
    const item = await uploadVersion(core, userId, request);
    const entry = core.shapes.item(core.access.view(userId, item)!, fieldsOf(c));
    return c.json({ total_count: 1, entries: [entry] });
  });

  return app;
}

async function receive(c: Context<Env>, { core }: Desk) {
  let wish: z.infer<typeof attributes> | undefined;
  let kept: Kept | undefined;
  for await (const part of readParts(c.env.incoming, c.req.header("content-type"))) {
    if (part.name === "attributes") {
      if (kept) throw new Refusal(400, "metadata_after_file_contents", "Attributes come first");
      wish = readAttributes(await textOf(part.bytes));
    } else if (part.fileName !== undefined) kept = await core.content.keep(part.bytes);
  }
  if (!wish || !kept) throw badRequest("entity-body", "Both 'attributes' and 'file' are needed.");
  // The header is called md5 and holds a SHA-1.
  const sha1 = c.req.header("content-md5");
  if (sha1 !== undefined && sha1.toLowerCase() !== kept.sha1)
    throw new Refusal(400, "bad_digest", "The content does not match content-md5");
  const { content_created_at, content_modified_at, ...rest } = wish;
  return {
    ...rest,
    kept,
    contentCreatedAt: parseTime(content_created_at),
    contentModifiedAt: parseTime(content_modified_at),
  };
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  return Buffer.concat(parts).toString();
}

function readAttributes(text: string) {
  try {
    return attributes.parse(JSON.parse(text));
  } catch {
    throw badRequest("attributes", "Not the JSON that describes a file.");
  }
}
