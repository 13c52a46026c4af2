import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Call } from "./call.ts";
import type { Generation } from "./generation.ts";
import { parseRange } from "./content-range.ts";
import { noSuchObject } from "./errors.ts";
import type { LakeFiles } from "./files.ts";

/** Up to here one read is cheaper than a stream. */
const AT_ONCE_BYTES = 64 * 1024;

/**
 * The bytes of an object or one range of them. The file is opened at once, so that an overwrite or a
 * deletion meanwhile changes nothing in the answer.
 */
export function download(call: Call, object: Generation, files: LakeFiles): Response {
  if (mustGunzip(call, object)) return gunzipped(call, object, files);
  const range = parseRange(call.incoming.headers.range, object.sizeBytes);
  const from = range?.from ?? 0;
  const lengthBytes = range ? range.to - range.from + 1 : object.sizeBytes;
  const headers = new Headers({
    ...headersOf(object),
    "content-length": String(lengthBytes),
    "accept-ranges": "bytes",
  });
  if (range) headers.set("content-range", `bytes ${range.from}-${range.to}/${object.sizeBytes}`);
  const status = range ? 206 : 200;

  const file = openOr404(object, files);
  if (lengthBytes <= AT_ONCE_BYTES && call.effect === undefined) {
    const bytes = Buffer.alloc(lengthBytes);
    readSync(file, bytes, 0, lengthBytes, from);
    closeSync(file);
    return new Response(bytes, { status, headers });
  }
  const end = from + lengthBytes - 1;
  const source =
    lengthBytes === 0 ? Readable.from([]) : createReadStream("", { fd: file, start: from, end });
  if (lengthBytes === 0) closeSync(file);
  const body = Readable.toWeb(Readable.from(call.outgoing(source)));
  return new Response(body as ReadableStream, { status, headers });
}

/** Who does not say that they understand gzip gets the bytes without it. */
function mustGunzip({ incoming }: Call, { fields }: Generation): boolean {
  const noTransform = /no-transform/.test(String(fields.cacheControl));
  const understood = /gzip/.test(String(incoming.headers["accept-encoding"]));
  return fields.contentEncoding === "gzip" && !noTransform && !understood;
}

/** https://cloud.google.com/storage/docs/transcoding: whole, whatever range was asked for. */
function gunzipped(call: Call, object: Generation, files: LakeFiles): Response {
  const source = createReadStream("", { fd: openOr404(object, files) });
  const plain = source.on("error", () => {}).pipe(createGunzip());
  const headers = new Headers(headersOf(object));
  headers.delete("content-encoding");
  headers.set("warning", "214 UploadServer gunzipped");
  const body = Readable.toWeb(Readable.from(call.outgoing(plain)));
  return new Response(body as ReadableStream, { headers });
}

function openOr404(object: Generation, files: LakeFiles): number {
  try {
    return openSync(files.pathOf(object), "r");
  } catch {
    // People may delete files of their lake by hand.
    throw noSuchObject(object.bucket, object.name);
  }
}

function headersOf(object: Generation): Record<string, string> {
  const { contentType, contentEncoding, contentDisposition, contentLanguage, cacheControl } =
    object.fields;
  const optional = {
    "content-encoding": contentEncoding,
    "content-disposition": contentDisposition,
    "content-language": contentLanguage,
    "cache-control": cacheControl,
  };
  const given = Object.entries(optional).filter(([, value]) => typeof value === "string");
  return {
    "content-type": String(contentType ?? "application/octet-stream"),
    etag: Buffer.from(`${object.generation}/${object.metageneration}`).toString("base64"),
    "last-modified": object.updatedAt.toUTCString(),
    "x-goog-generation": String(object.generation),
    "x-goog-metageneration": String(object.metageneration),
    "x-goog-hash":
      object.fields.componentCount === undefined
        ? `crc32c=${object.crc32c},md5=${object.md5Hash}`
        : `crc32c=${object.crc32c}`,
    "x-goog-storage-class": String(object.fields.storageClass ?? "STANDARD"),
    "x-goog-stored-content-encoding": String(contentEncoding ?? "identity"),
    "x-goog-stored-content-length": String(object.sizeBytes),
    ...(Object.fromEntries(given) as Record<string, string>),
  };
}
