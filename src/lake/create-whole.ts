import { randomUUID } from "node:crypto";
import { refusal } from "./errors.ts";
import { nameIsFree, readObject } from "./object-resource.ts";
import type { GcsPlace } from "./place.ts";
import type { Proof } from "./proof.ts";
import type { CreateRequest, LakeObject } from "./store.ts";
import { persist } from "./tries.ts";

/**
 * Creates an object whose bytes fit into memory by one request: read whole, proved, then sent with
 * their checksum, so that GCS refuses bytes damaged on the way before it creates anything. A second
 * try after a lost answer meets 412, which the caller settles by looking.
 */
export async function createWhole(
  place: GcsPlace,
  request: CreateRequest,
  proof: Proof,
): Promise<LakeObject> {
  const buffers: Uint8Array[] = [];
  for await (const buffer of proof.bytes) buffers.push(buffer);

  const { name, contentType, metadata, signal } = request;
  const resource = JSON.stringify({ contentType, metadata, crc32c: proof.crc32c() });
  const boundary = randomUUID();
  const body = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${resource}\r\n` +
        `--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`,
    ),
    ...buffers,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);

  return persist(place.tries(signal), async () => {
    const answer = await place.send({
      method: "POST",
      url: `${place.uploadUrl}?uploadType=multipart&${nameIsFree(name)}`,
      headers: { "content-type": `multipart/related; boundary=${boundary}` },
      body,
      signal,
    });
    if (!answer.ok) throw refusal(answer, "create the object", place.bucket);
    return readObject(answer);
  });
}
