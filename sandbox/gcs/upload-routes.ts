import { type Context, Hono } from "hono";
import type { Env } from "./env.ts";
import { drain } from "./bytes.ts";
import { GcsError, invalid, noSession, required } from "./errors.ts";
import { answer } from "./object-routes.ts";
import { readPreconditions } from "./preconditions.ts";
import type { Session } from "./sessions.ts";
import type { Shelf } from "./shelf.ts";

/** https://cloud.google.com/storage/docs/json_api/v1/objects/insert */
export function uploadRoutes(shelf: Shelf): Hono<Env> {
  const { catalogue, objects, sessions, singleUploads, resumable } = shelf;
  const routes = new Hono<Env>();

  routes.post("/upload/storage/v1/b/:bucket/o", async (c) => {
    const call = c.get("call");
    const { bucket = "" } = call;
    const preconditions = readPreconditions((name) => c.req.query(name));
    const uploadType = c.req.query("uploadType");
    if (uploadType === undefined) throw required("Required parameter: uploadType");
    objects.checkBucket(bucket);
    if (uploadType === "resumable") return begin(c);
    rival(c, call.name);
    if (uploadType === "media")
      return answer(c, await singleUploads.media(call, bucket, preconditions));
    if (uploadType === "multipart")
      return answer(c, await singleUploads.multipart(call, bucket, preconditions));
    throw invalid(`Invalid value '${uploadType}' for uploadType.`);
  });

  async function begin(c: Context<Env>): Promise<Response> {
    const call = c.get("call");
    const { bucket = "", origin } = call;
    const preconditions = readPreconditions((name) => c.req.query(name));
    const intent = await singleUploads.resumable(call);
    rival(c, intent.name);
    // Conditions wait for the last byte: Cloud Storage begins a session that cannot succeed, too.
    objects.checkBucket(bucket);
    const declared = c.req.header("x-upload-content-length");
    if (declared !== undefined && !/^\d+$/.test(declared))
      throw invalid(`Invalid value '${declared}' for X-Upload-Content-Length.`);
    const declaredBytes = declared === undefined ? undefined : Number(declared);
    const session = sessions.start({ bucket, preconditions, declaredBytes, ...intent });
    const name = encodeURIComponent(intent.name);
    const location = `${origin}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${name}&upload_id=${session.id}`;
    return new Response(null, {
      headers: { location, "x-guploader-uploadid": session.id, "content-length": "0" },
    });
  }

  routes.put("/upload/storage/v1/b/:bucket/o", async (c) => {
    const call = c.get("call");
    const session = sessions.find(c.req.query("upload_id"));
    if (call.effect?.do === "lose-session") {
      await resumable.end(session, "gone");
      throw noSession(call.effect.status);
    }
    rival(c, session.name);
    const progress = await resumable.put(session, call);
    await drain(call.incoming);
    return progress === "finalised" ? finished(c, session) : resumeIncomplete(c, session);
  });

  function finished(c: Context<Env>, session: Session): Response {
    const object = catalogue.byGeneration(session.generation ?? 0);
    if (!object) throw new GcsError(500, "backendError", "bug: a finalised session has no object");
    return answer(c, object);
  }

  routes.delete("/upload/storage/v1/b/:bucket/o", async (c) => {
    await resumable.end(sessions.find(c.req.query("upload_id")), "cancelled");
    return new Response(null, { status: 499, headers: { "content-length": "0" } });
  });

  /** The fault in which somebody else is faster. */
  function rival(c: Context<Env>, name: string | undefined): void {
    const { effect, bucket = "" } = c.get("call");
    if (effect?.do === "rival" && name !== undefined)
      objects.put(bucket, name, Buffer.from("somebody else's object"), {
        contentType: "text/plain",
        metadata: { rival: "true" },
      });
  }

  return routes;
}

/** No Range means that nothing is kept. Callers whose HTTP library follows 308 may ask for 200. */
function resumeIncomplete(c: Context<Env>, { persistedBytes }: Session): Response {
  const headers = new Headers({ "content-length": "0" });
  if (persistedBytes > 0 && c.get("call").effect?.do !== "hide-range")
    headers.set("range", `bytes=0-${persistedBytes - 1}`);
  if (c.req.header("x-guploader-no-308") !== "yes")
    return new Response(null, { status: 308, headers });
  headers.set("x-http-status-code-override", "308");
  return new Response(null, { headers });
}
