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
 * Refuses what would lose the bytes of an object that is held or too young, the bucket's policy
 * being that of now: https://cloud.google.com/storage/docs/bucket-lock and `…/object-holds`. The
 * period counts from the object's own beginning, also after an event-based hold.
 */
export function checkReleased(object: Generation, bucket: BucketFields): void {
  const called = `Object '${object.bucket}/${object.name}' is`;
  for (const [field, hold] of HOLDS)
    if (object.fields[field] === true)
      throw new GcsError(
        403,
        "forbidden",
        `${called} under active ${hold} hold and cannot be deleted, overwritten or archived until hold is removed.`,
      );
  const until = retainedUntil(bucket, object.finalisedAt);
  if (until && until.getTime() > Date.now())
    throw new GcsError(
      403,
      "retentionPolicyNotMet",
      `${called} subject to bucket's retention policy or object retention and cannot be deleted or overwritten until ${until.toISOString()}`,
    );
}

const HOLDS = [
  ["temporaryHold", "Temporary"],
  ["eventBasedHold", "Event-Based"],
] as const;
