import { createHash, randomUUID } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import { type Asked, listen, type Reply, sendBare, sendRich } from "./door.ts";

interface Stored {
  bucket: string;
  name: string;
  generation: number;
  bytes: Buffer;
  contentType: string;
  metadata: Record<string, string> | undefined;
}

interface Session {
  bucket: string;
  name: string;
  resource: Pick<Stored, "contentType" | "metadata">;
  query: URLSearchParams;
  bytes: Buffer;
  puts: number;
}

/**
 * Cloud Storage by somebody who read https://cloud.google.com/storage/docs/json_api and nothing of
 * ours. `terse` leaves away whatever a reader could do without: errors are words, addresses relative,
 * fields those that were asked for, a zero is no field, and a chunk is kept in part. `lavish` answers
 * everything it knows, in whatever form HTTP allows, and every name only at the second asking.
 */
export async function startContraryGcs(manner: "terse" | "lavish", buckets: readonly string[]) {
  const isTerse = manner === "terse";
  /** By `bucket/name`. */
  const objects = new Map<string, Stored>();
  const sessions = new Map<string, Session>();
  const refused = new Set<string>();
  /** What was ever finished, in order. */
  const finished: string[] = [];

  const fail = (status: number, reason: string, message: string): Reply =>
    isTerse
      ? { status, headers: { "content-type": "text/plain" }, body: message }
      : {
          status,
          body: {
            error: { code: status, message, errors: [{ domain: "global", reason, message }] },
          },
        };
  const noBucket = () => fail(404, "notFound", "The specified bucket does not exist.");

  function resource(
    { name, generation, bytes, contentType, metadata }: Stored,
    query: URLSearchParams,
  ) {
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32c(bytes));
    const base = {
      name,
      generation: String(generation),
      contentType,
      crc32c: crc.toString("base64"),
    };
    const timeCreated = "2026-11-02T03:04:05.123456789+01:00";
    if (!isTerse)
      return {
        kind: "storage#object",
        id: `b/${name}/${generation}`,
        ...base,
        size: String(bytes.length),
        metadata: { ...metadata, "added-by-somebody": "" },
        timeCreated,
        md5Hash: createHash("md5").update(bytes).digest("base64"),
        owner: { entity: "user-somebody" },
        acl: [{ kind: "storage#objectAccessControl", role: "OWNER" }],
      };
    const size = bytes.length === 0 ? {} : { size: String(bytes.length) };
    const asked = query.get("fields")?.split(",");
    const all = Object.entries({
      ...base,
      ...size,
      ...(metadata ? { metadata } : {}),
      timeCreated,
    });
    return Object.fromEntries(all.filter(([field]) => !asked || asked.includes(field)));
  }

  function create(
    { bucket, name }: Pick<Stored, "bucket" | "name">,
    made: Pick<Stored, "bytes" | "contentType" | "metadata">,
    query: URLSearchParams,
  ) {
    const key = `${bucket}/${name}`;
    if (query.get("ifGenerationMatch") === "0" && objects.has(key))
      return fail(
        412,
        "conditionNotMet",
        "At least one of the pre-conditions you specified did not hold.",
      );
    const stored = { bucket, name, generation: 1_700_000_000_000_000 + finished.length, ...made };
    objects.set(key, stored);
    finished.push(key);
    return { status: isTerse ? 201 : 200, body: resource(stored, query) };
  }

  function upload({ url, headers, body }: Asked, bucket: string, origin: string): Reply {
    const query = url.searchParams;
    const isMultipart = query.get("uploadType") === "multipart";
    const boundary = /boundary="?([^";]+)/.exec(headers["content-type"] ?? "")?.[1];
    const parts = isMultipart ? partsOf(body, boundary ?? "") : [body];
    const { name: named, ...described } = JSON.parse(parts[0]?.toString() || "{}");
    const name = query.get("name") ?? named;
    const { "x-upload-content-type": type = "application/octet-stream" } = headers;
    const made = { contentType: String(type), metadata: undefined, ...described };
    const at = { bucket, name };
    if (!isTerse && !refused.has(`${bucket}/${name}`)) {
      refused.add(`${bucket}/${name}`);
      return { status: 503, headers: { "retry-after": "0" }, body: "<h1>Service Unavailable</h1>" };
    }
    if (isMultipart) return create(at, { ...made, bytes: parts[1] ?? Buffer.alloc(0) }, query);
    const id = randomUUID();
    sessions.set(id, { ...at, resource: made, query, bytes: Buffer.alloc(0), puts: 0 });
    const location = `${url.pathname}?uploadType=resumable&upload_id=${id}`;
    return { headers: { location: isTerse ? location : origin + location } };
  }

  function put(session: Session, { headers, body }: Asked): Reply {
    const said = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers["content-range"] ?? "");
    if (!said) return fail(400, "invalid", "Failed to parse Content-Range header.");
    if (said[1] !== undefined) {
      const from = Number(said[1]);
      if (from > session.bytes.length) return fail(503, "backendError", "Invalid request: gap.");
      // Nothing says that all of a request is kept, as long as the rest is asked for.
      const isHalved = isTerse && ++session.puts % 2 === 1 && body.length > 1;
      const kept = isHalved ? body.subarray(0, body.length >> 1) : body;
      session.bytes = Buffer.concat([session.bytes.subarray(0, from), kept]);
    }
    const isWhole = said[3] !== "*" && session.bytes.length === Number(said[3]);
    if (isWhole)
      return create(session, { ...session.resource, bytes: session.bytes }, session.query);
    const last = session.bytes.length - 1;
    return { status: 308, headers: last < 0 ? {} : { range: `bytes=0-${last}` } };
  }

  function answer(asked: Asked, origin: string): Reply {
    const { method, url } = asked;
    const [, isUpload, bucket = "", rest = ""] =
      /^(\/upload)?\/storage\/v1\/b\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
    if (!buckets.includes(bucket)) return noBucket();
    const session = sessions.get(url.searchParams.get("upload_id") ?? "");
    if (session && method === "DELETE") return { status: isTerse ? 204 : 499 };
    if (session) return put(session, asked);
    if (isUpload) return upload(asked, bucket, origin);
    if (rest === "") return { body: { kind: "storage#bucket", name: bucket } };
    if (rest.startsWith("iam/"))
      return isTerse
        ? fail(501, "notImplemented", "Not Implemented")
        : { body: { permissions: url.searchParams.getAll("permissions").reverse() } };
    if (rest === "o") {
      const prefix = url.searchParams.get("prefix") ?? "";
      const found = [...objects.values()].filter(
        (one) => one.bucket === bucket && one.name.startsWith(prefix),
      );
      return { body: { items: found.map((one) => resource(one, new URLSearchParams())) } };
    }
    const stored = objects.get(`${bucket}/${decodeURIComponent(rest.slice(2))}`);
    if (!stored) return fail(404, "notFound", "No such object");
    if (url.searchParams.get("alt") === "media") return { body: stored.bytes };
    return { body: resource(stored, url.searchParams) };
  }

  return { ...(await listen(answer, isTerse ? sendBare : sendRich)), objects, finished };
}

/** The bytes between the boundaries, without each part's headers; its content type is ours to know. */
function partsOf(body: Buffer, boundary: string): Buffer[] {
  const parts: Buffer[] = [];
  let at = body.indexOf(`--${boundary}`);
  for (;;) {
    const headed = body.indexOf("\r\n\r\n", at);
    const next = body.indexOf(`\r\n--${boundary}`, headed + 2);
    if (at < 0 || headed < 0 || next < 0) break;
    parts.push(body.subarray(headed + 4, next));
    at = next + 2;
  }
  return parts;
}
