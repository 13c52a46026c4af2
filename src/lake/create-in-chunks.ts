import { chunksOf } from "./chunks.ts";
import type { GcsPlace } from "./place.ts";
import type { Proof } from "./proof.ts";
import { lakeFailure } from "./errors.ts";
import { look } from "./look.ts";
import { openSession, type Session } from "./session.ts";
import type { CreateRequest, LakeObject } from "./store.ts";

/**
 * Creates an object of any size over a session, one chunk in memory at a time. The chunk with the
 * last byte exists only once the bytes are proved, so GCS cannot finish earlier. A session that does
 * not end in an object is abandoned.
 */
export async function createInChunks(
  place: GcsPlace,
  request: CreateRequest,
  proof: Proof,
): Promise<LakeObject> {
  let session: Session | undefined;
  let sentBytes = 0;
  try {
    for await (const chunk of chunksOf(proof.bytes, place.chunkBytes)) {
      session ??= await openForFreeName(place, request);
      const last = sentBytes + chunk.length === request.sizeBytes;
      const object = await session.put(chunk, sentBytes, last ? proof.crc32c() : undefined);
      if (object) return object;
      sentBytes += chunk.length;
    }
  } catch (error) {
    await session?.abandon();
    throw error;
  }
  throw new Error("bug: the last chunk was sent and there is neither object nor failure");
}

/** GCS judges the name when the last byte is there: gigabytes would be brought to learn it is taken. */
async function openForFreeName(place: GcsPlace, request: CreateRequest): Promise<Session> {
  if (await look(place, request.name, request.signal))
    throw lakeFailure("conflict", "the name is taken");
  return openSession(place, request);
}
