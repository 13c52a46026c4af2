import type { Bucket } from "./buckets.ts";
import { invalid } from "./errors.ts";
import { type Generation, type ObjectFields, WRITABLE } from "./generation.ts";

/** https://cloud.google.com/storage/quotas#objects */
const MAX_METADATA_BYTES = 8 * 1024;

/** A JSON object from a request body; throws 400 for anything else. An empty body says nothing. */
export function parseJsonObject(text: string): Record<string, unknown> {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("Parse Error");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid("Parse Error");
  return value as Record<string, unknown>;
}

/**
 * `before` with the changes of `resource`: absent fields stay, `null` removes, custom metadata is
 * merged key by key. Fields that only the server writes are ignored.
 */
export function mergeFields(before: ObjectFields, resource: Record<string, unknown>): ObjectFields {
  const after: ObjectFields = { ...before };
  for (const name of WRITABLE) {
    const value = resource[name];
    if (value === null) delete after[name];
    else if (typeof value === "string" || typeof value === "boolean") after[name] = value;
    else if (value !== undefined) throw invalid(`Invalid value for: ${name}`);
  }
  checkCustomTime(before.customTime, after.customTime);
  if (resource["metadata"] === null) delete after.metadata;
  else if (resource["metadata"] !== undefined)
    after.metadata = mergeMetadata(before.metadata ?? {}, resource["metadata"]);
  return after;
}

type CustomTime = ObjectFields["customTime"];

/** Once it is set it can only become later: https://cloud.google.com/storage/docs/metadata#custom-time */
function checkCustomTime(before: CustomTime, after: CustomTime): void {
  const at = Date.parse(String(after));
  if (after !== undefined && Number.isNaN(at)) throw invalid("Invalid value for: customTime");
  if (before !== undefined && !(at >= Date.parse(String(before))))
    throw invalid("Custom time cannot be removed or set to an earlier time.");
}

function mergeMetadata(before: Record<string, string>, changes: unknown): Record<string, string> {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes))
    throw invalid("Invalid value for: metadata");
  const after = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) after.delete(key);
    else if (typeof value === "string") after.set(key, value);
    else throw invalid(`Invalid value for: metadata.${key}`);
  }
  let bytes = 0;
  for (const [key, value] of after) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  if (bytes > MAX_METADATA_BYTES)
    throw invalid(
      `Custom metadata is ${bytes} bytes of keys and values, at most 8192 are allowed.`,
    );
  return Object.fromEntries(after);
}

/** The API's `Object`, complete. `origin` is how the caller reached us. */
export function objectResource(object: Generation, origin: string): Record<string, unknown> {
  const { bucket, name, generation, metageneration } = object;
  const address = `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  const created = object.finalisedAt.toISOString();
  const isComposed = object.fields.componentCount !== undefined;
  return {
    kind: "storage#object",
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${origin}${address}`,
    mediaLink: `${origin}/download${address}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: String(metageneration),
    // A composed object has the type that it was given, or none.
    ...(isComposed ? {} : { contentType: "application/octet-stream", md5Hash: object.md5Hash }),
    storageClass: "STANDARD",
    size: String(object.sizeBytes),
    crc32c: object.crc32c,
    etag: Buffer.from(`${generation}/${metageneration}`).toString("base64"),
    timeCreated: created,
    updated: object.updatedAt.toISOString(),
    timeStorageClassUpdated: created,
    timeFinalized: created,
    ...(object.endedAt ? { timeDeleted: object.endedAt.toISOString() } : {}),
    ...object.fields,
  };
}

/** The API's `Bucket`. */
export function bucketResource(bucket: Bucket, origin: string): Record<string, unknown> {
  const { name, createdAt, updatedAt, metageneration, fields } = bucket;
  const created = createdAt.toISOString();
  return {
    kind: "storage#bucket",
    id: name,
    selfLink: `${origin}/storage/v1/b/${name}`,
    projectNumber: "1",
    name,
    generation: String(createdAt.getTime() * 1000),
    metageneration: String(metageneration),
    location: "US",
    locationType: "multi-region",
    storageClass: "STANDARD",
    etag: Buffer.from(`${createdAt.getTime()}/${metageneration}`).toString("base64"),
    timeCreated: created,
    updated: updatedAt.toISOString(),
    iamConfiguration: {
      uniformBucketLevelAccess: { enabled: true },
      publicAccessPrevention: "enforced",
    },
    ...fields,
  };
}
