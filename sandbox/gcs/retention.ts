import { GcsError } from "./errors.ts";
import type { Generation, ObjectFields } from "./generation.ts";

type BucketFields = Record<string, unknown>;

/** Until when the bucket's policy keeps what was finalised at this moment. */
function retainedUntil(bucket: BucketFields, finalisedAt: Date): Date | undefined {
  const policy = bucket["retentionPolicy"] as { retentionPeriod: string } | undefined;
  return policy && new Date(finalisedAt.getTime() + Number(policy.retentionPeriod) * 1000);
}

/** What the bucket adds to the fields of an object that is new in it. */
export function keptFields(
  bucket: BucketFields,
  fields: ObjectFields,
  finalisedAt: Date,
): ObjectFields {
  const until = retainedUntil(bucket, finalisedAt);
  return {
    ...(bucket["defaultEventBasedHold"] === true ? { eventBasedHold: true } : {}),
    ...fields,
    ...(until ? { retentionExpirationTime: until.toISOString() } : {}),
  };
}

/**
 * Refuses what would lose the bytes of an object that is held:
 * https://cloud.google.com/storage/docs/object-holds. A policy is told and holds nothing back, as in
 * Google's own testbench: its conformance suites overwrite and delete what a policy would retain.
 */
export function checkReleased(object: Generation): void {
  for (const [field, hold] of HOLDS)
    if (object.fields[field] === true)
      throw new GcsError(
        403,
        "forbidden",
        `Object '${object.bucket}/${object.name}' is under active ${hold} hold and cannot be deleted, overwritten or archived until hold is removed.`,
      );
}

const HOLDS = [
  ["temporaryHold", "Temporary"],
  ["eventBasedHold", "Event-Based"],
] as const;
