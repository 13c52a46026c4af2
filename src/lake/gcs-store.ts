import type { GoogleCredentials } from "../config.ts";
import { Failure } from "../core/failure.ts";
import type { Log } from "../log.ts";
import { createInChunks } from "./create-in-chunks.ts";
import { createWhole } from "./create-whole.ts";
import { lakeFailure } from "./errors.ts";
import { openGoogle } from "./google.ts";
import { look } from "./look.ts";
import { differences } from "./object-resource.ts";
import type { GcsPlace } from "./place.ts";
import { prove } from "./proof.ts";
import { createSend, type GcsCall } from "./requests.ts";
import type { Created, CreateRequest, LakeObject, LakeStore } from "./store.ts";

export interface GcsStoreOptions {
  bucket: string;
  /** Further buckets that objects may be put into: all of them must be there. */
  otherBuckets?: string[];
  /** Without slashes at its ends; only `uri` shows it, names are whole already. */
  prefix: string;
  /** Google's, or that of an emulator; no slash at the end. */
  apiEndpoint: string;
  /** A service account's key; see `openGoogle` for what is used without one. */
  credentials: GoogleCredentials | undefined;
  log: Log;
  /** Told of every exchange about objects. */
  onCall?: ((call: GcsCall) => void) | undefined;
  /** For one request with its whole answer. A chunk takes a second on a poor line, GCS may be slow. */
  timeoutMs?: number;
  /** Waits before further tries of one request; see `Tries`. */
  waitsMs?: number[];
  /**
   * How much of an object is in memory, a multiple of 256 KiB; up to this size it is created by one
   * request. Sixteen stores at once of 32 MiB each took 120 MB above an idle process with 2 MiB,
   * 150 with 4 and 220 with 8, for a throughput that is bounded by the line long before.
   */
  chunkBytes?: number;
}

const MIB = 1024 * 1024;

/**
 * The lake in buckets of GCS. Creating is our own code over plain requests, because Google's client
 * can finish an object before its bytes are proved, reports finished ones as failed, waits for
 * ever on a stalled connection, and deletes by name what it takes for damaged.
 */
export function openGcsStore(options: GcsStoreOptions): LakeStore {
  const { bucket, otherBuckets = [], prefix, apiEndpoint, credentials, log, onCall } = options;
  const { timeoutMs = 60_000, waitsMs = [250, 1_000, 3_000], chunkBytes = 2 * MIB } = options;
  const google = openGoogle(apiEndpoint, credentials, timeoutMs);
  const manners: Omit<GcsPlace, "bucket" | "objectsUrl" | "uploadUrl"> = {
    send: createSend(timeoutMs, google.identity, onCall),
    sendToSession: createSend(timeoutMs, undefined, onCall),
    sendFarewell: createSend(Math.min(timeoutMs, 2_000), undefined, onCall),
    tries: (signal) => ({ waitsMs, random: Math.random, signal }),
    chunkBytes,
  };
  const placeIn = (bucket: string): GcsPlace => ({
    ...manners,
    bucket,
    objectsUrl: `${apiEndpoint}/storage/v1/b/${bucket}/o`,
    uploadUrl: `${apiEndpoint}/upload/storage/v1/b/${bucket}/o`,
  });

  /** What lies there now decides, not the failure: it may have come after the object was created. */
  async function settle(request: CreateRequest, failure: Failure, crc32c: string | undefined) {
    const place = placeIn(request.bucket ?? bucket);
    const object = await look(place, request.name, request.signal);
    if (object) {
      const { kind, code } = failure;
      log.debug({ kind, code }, "An object was there when creating it failed");
      return accept("adopted", object, request, crc32c);
    }
    throw failure.kind === "conflict"
      ? lakeFailure("transient", "the name was taken and is free again", { cause: failure })
      : failure;
  }

  return {
    uri: prefix === "" ? `gs://${bucket}` : `gs://${bucket}/${prefix}`,
    look: (name, signal, other = bucket) => look(placeIn(other), name, signal),
    probe: async () => {
      await Promise.all([...new Set([bucket, ...otherBuckets])].map(google.probe));
    },

    async create(request) {
      const proof = prove(request.source, request);
      const create = request.sizeBytes <= chunkBytes ? createWhole : createInChunks;
      try {
        const object = await create(placeIn(request.bucket ?? bucket), request, proof);
        return accept("created", object, request, proof.crc32c());
      } catch (error) {
        const lakes = error instanceof Failure && proof.failure() === undefined;
        if (!lakes || error.kind === "stopped") throw error;
        return settle(request, error, proof.crc32c());
      }
    },
  };
}

function accept(
  outcome: Created["outcome"],
  object: LakeObject,
  request: CreateRequest,
  crc32c: string | undefined,
): Created {
  const different = differences(object, request, crc32c);
  if (different.length === 0) return { outcome, object };
  throw lakeFailure("conflict", `another object has the name: ${different.join(", ")} differ`, {
    hint: "Longshore neither overwrites nor deletes. Find out who wrote the object; move it away and replay, or leave it and close this one.",
  });
}
