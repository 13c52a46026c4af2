import { Failure } from "../core/failure.ts";
import { lakeFailure, refusal } from "./errors.ts";
import { nameIsFree, readObject } from "./object-resource.ts";
import type { GcsPlace } from "./place.ts";
import type { GcsAnswer } from "./requests.ts";
import type { CreateRequest, LakeObject } from "./store.ts";
import { asFailure, pauseAfter, persist } from "./tries.ts";

/**
 * One resumable upload: https://cloud.google.com/storage/docs/performing-resumable-uploads
 *
 * Bytes become an object only by the request that carries the last of them, so a session that is
 * left alone leaves nothing visible, and GCS forgets it after a week.
 */
export interface Session {
  /**
   * Brings `chunk`, which begins at `start`, to GCS; answers the object when it was the last one.
   * After any doubt it asks how much has arrived and goes on from there. `crc32c` belongs to the
   * last chunk: GCS compares it before it creates the object. Throws `transient` when GCS no longer
   * knows the session or has lost bytes that are no longer in memory.
   */
  put(
    chunk: Buffer<ArrayBuffer>,
    start: number,
    crc32c: string | undefined,
  ): Promise<LakeObject | undefined>;
  /** Tells GCS to forget it. Never throws: a session that stays is harmless. */
  abandon(): Promise<void>;
}

/** Begins a session that creates the object only if its name is still free at the end. */
export async function openSession(place: GcsPlace, request: CreateRequest): Promise<Session> {
  const { sizeBytes, signal } = request;
  const uri = await persist(place.tries(signal), () => begin(place, request));

  const tell = async (range: string, body: Buffer<ArrayBuffer>, headers: Record<string, string>) =>
    understand(
      place.bucket,
      await place
        .sendToSession({
          method: "PUT",
          url: uri,
          headers: { "content-range": `bytes ${range}/${sizeBytes}`, ...headers },
          body,
          signal,
        })
        .catch(asFailure),
    );

  return {
    async put(chunk, start, crc32c) {
      const end = start + chunk.length;
      // Also with a question: GCS finishes an upload whose bytes are all there when it is asked.
      const hash = crc32c === undefined ? {} : { "x-goog-hash": `crc32c=${crc32c}` };
      const tries = place.tries(signal);
      let from = start;
      let inDoubt = false;
      for (let failed = 0; ;) {
        // When all is there and still no object, nothing is left to send, only to ask.
        const asking = inDoubt || from === end;
        const answer = asking
          ? await tell("*", Buffer.alloc(0), hash)
          : await tell(`${from}-${end - 1}`, chunk.subarray(from - start), hash);
        const told: Told = within(start, end, answer);
        if ("object" in told) return told.object;
        inDoubt = "failure" in told;
        if ("failure" in told) {
          await pauseAfter(told.failure, ++failed, tries);
          continue;
        }
        if (told.reached === end && end < sizeBytes) return undefined;
        if (told.reached > from) failed = 0;
        else if (!asking || told.reached === end)
          await pauseAfter(lakeFailure("transient", "takes no more bytes"), ++failed, tries);
        from = told.reached;
      }
    },

    async abandon() {
      await place.sendFarewell({ method: "DELETE", url: uri }).catch(() => undefined);
    },
  };
}

async function begin(place: GcsPlace, request: CreateRequest): Promise<string> {
  const { name, contentType, metadata, sizeBytes, signal } = request;
  const answer = await place.send({
    method: "POST",
    url: `${place.uploadUrl}?uploadType=resumable&${nameIsFree(name)}`,
    headers: {
      "content-type": "application/json; charset=UTF-8",
      "x-upload-content-type": contentType,
      "x-upload-content-length": String(sizeBytes),
    },
    body: JSON.stringify({ contentType, metadata }),
    signal,
  });
  if (!answer.ok) throw refusal(answer, "begin an upload", place.bucket);
  const { location = "" } = answer.headers;
  if (location === "" || !URL.canParse(location, place.uploadUrl))
    throw lakeFailure("transient", "began an upload without an address");
  // GCS writes it whole; HTTP allows it to be relative, and proxies and emulators shorten it.
  return new URL(location, place.uploadUrl).href;
}

type Told = { object: LakeObject } | { reached: number } | { failure: Failure };

/** GCS's own meaning of the status: not all is there yet. */
const RESUME_INCOMPLETE = 308;

function understand(bucket: string, answer: GcsAnswer | Failure): Told {
  if (answer instanceof Failure) return { failure: answer };
  if (answer.ok) return { object: readObject(answer) };
  if (answer.status === RESUME_INCOMPLETE) {
    const last = /^bytes=0-(\d+)$/.exec(answer.headers.range ?? "")?.[1];
    return { reached: last === undefined ? 0 : Number(last) + 1 };
  }
  if (answer.status === 404 || answer.status === 410)
    throw lakeFailure("transient", `no longer knows the upload (${answer.status})`, {
      status: answer.status,
    });
  // The bytes themselves are refused, and GCS has kept them: nothing good can come of this session.
  if (answer.status === 400) throw refusal(answer, "take the bytes of an upload", bucket);
  return { failure: refusal(answer, "take bytes of an upload", bucket) };
}

/** What is outside the chunk in memory cannot be sent again; a slip of one answer, asking tells. */
function within(start: number, end: number, told: Told): Told {
  if (!("reached" in told) || (told.reached >= start && told.reached <= end)) return told;
  return { failure: lakeFailure("transient", "lost bytes of the upload") };
}
