import { z } from "zod";
import { lakeFailure } from "./errors.ts";
import type { GcsAnswer } from "./requests.ts";
import type { WantedObject, LakeObject } from "./store.ts";

/** The properties that are read: https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
export const FIELDS = "name,generation,size,crc32c,metadata,timeCreated";

/** The query of a request that creates an object only where there is none, and hears what it became. */
export const nameIsFree = (name: string) =>
  `ifGenerationMatch=0&name=${encodeURIComponent(name)}&fields=${FIELDS}`;

/** CRC32C of no bytes: of such an object Google's own storage-testbench leaves the size out, as proto3 does. */
const OF_NOTHING = "AAAAAA==";

const Resource = z
  .object({
    name: z.string(),
    generation: z.string(),
    size: z.string().regex(/^\d+$/).optional(),
    crc32c: z.string(),
    metadata: z.record(z.string(), z.string()).nullish(),
    timeCreated: z.iso.datetime({ offset: true }).optional().catch(undefined),
  })
  .refine(({ size, crc32c }) => size !== undefined || crc32c === OF_NOTHING);

/** The object that a successful answer describes; `transient` when it describes none: look again. */
export function readObject(answer: GcsAnswer): LakeObject {
  const parsed = Resource.safeParse(answer.body);
  if (!parsed.success)
    throw lakeFailure("transient", `answered ${answer.status} without an object`, {
      status: answer.status,
    });
  const { name, generation, size = "0", crc32c, metadata, timeCreated } = parsed.data;
  return {
    name,
    generation,
    sizeBytes: Number(size),
    crc32c,
    metadata: metadata ?? {},
    createdAt: timeCreated === undefined ? undefined : new Date(timeCreated),
  };
}

const IDENTITY = ["box-file-id", "box-version-id", "longshore-source-id"] as const;

/**
 * Where an object differs from the one that was to be created, in words for a person; nothing when
 * it may be adopted. Before the bytes were read their CRC32C is not known: then the SHA-1 that was
 * proved when the object was created, and stands in its metadata, is compared in its place.
 */
export function differences(
  found: LakeObject,
  wanted: WantedObject,
  crc32c: string | undefined,
): string[] {
  const different: string[] = IDENTITY.filter(
    (key) => found.metadata[key] !== wanted.metadata[key],
  );
  if (found.sizeBytes !== wanted.sizeBytes)
    different.push(`size (${found.sizeBytes} bytes, not ${wanted.sizeBytes})`);
  const same =
    crc32c === undefined ? found.metadata["box-sha1"] === wanted.sha1 : found.crc32c === crc32c;
  if (!same) different.push("checksum");
  return different;
}
