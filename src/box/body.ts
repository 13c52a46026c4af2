import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { Failure } from "../core/failure.ts";
import type { BoxAnswer } from "./transport.ts";

/** A page of a thousand items has two or three megabytes: what is longer than this is no answer. */
const MOST_TEXT_BYTES = 64 * 1024 * 1024;

/** A whole body as text. */
export async function readText(answer: BoxAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of uncompressed(answer, answer.body)) {
    bytes += chunk.byteLength;
    if (bytes > MOST_TEXT_BYTES)
      throw new Failure("transient", "Box's answer has no end.", { hint: HINT });
    chunks.push(chunk);
  }
  // A byte order mark goes, and what is no UTF-8 is replaced.
  return new TextDecoder().decode(Buffer.concat(chunks));
}

const DECODERS = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * A body as Box sent it, where something on the way compressed it: we ask for none, but not every
 * gateway listens. Throws `transient` for a compression that is unknown or broken; leaving early closes
 * the connection, as without.
 */
export function uncompressed(
  { headers }: Pick<BoxAnswer, "headers">,
  body: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase() || "identity";
  if (encoding === "identity") return body;
  return decoded(body, DECODERS[encoding as keyof typeof DECODERS]);
}

async function* decoded(
  body: AsyncIterable<Uint8Array>,
  open: (() => NodeJS.ReadWriteStream & AsyncIterable<Uint8Array>) | undefined,
): AsyncIterable<Uint8Array> {
  if (open === undefined)
    throw new Failure("transient", "Box's answer is compressed in an unknown way.", { hint: HINT });
  const decoder = open();
  // How it ends is told by the decoder, which it destroys.
  pipeline(body, decoder).catch(() => undefined);
  try {
    yield* decoder;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure("transient", "Box's answer is compressed and broken.", { hint: HINT });
  }
}

const HINT =
  "Tried again by itself. If it lasts, look for a proxy between this machine and Box that changes what passes through it.";
