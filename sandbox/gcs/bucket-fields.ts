import { GcsError, invalid } from "./errors.ts";

type Fields = Record<string, unknown>;

const WRITABLE = [
  "autoclass",
  "billing",
  "cors",
  "customPlacementConfig",
  "defaultEventBasedHold",
  "encryption",
  "hierarchicalNamespace",
  "iamConfiguration",
  "ipFilter",
  "labels",
  "lifecycle",
  "location",
  "logging",
  "retentionPolicy",
  "rpo",
  "softDeletePolicy",
  "storageClass",
  "versioning",
  "website",
];

/**
 * What a bucket is after `resource` was sent to it: absent fields stay, `null` removes, objects
 * are merged and lists replaced. Of all this only `versioning` and
 * `defaultEventBasedHold` have an effect here; a retention policy is told, and holds nothing back.
 */
export function mergeBucketFields(before: Fields, resource: Fields): Fields {
  const asked = Object.entries(resource).filter(([name]) => WRITABLE.includes(name));
  const after = mergePatch(before, Object.fromEntries(asked)) as Fields;
  for (const [name, value] of Object.entries(after)) if (isEmpty(value)) delete after[name];
  const policy = after["retentionPolicy"] as Fields | undefined;
  checkLock(before["retentionPolicy"] as Fields | undefined, policy);
  if (policy && asked.some(([name]) => name === "retentionPolicy")) {
    const { retentionPeriod } = policy;
    if (!/^\d+$/.test(String(retentionPeriod)))
      throw invalid("Invalid value for: retentionPolicy.retentionPeriod");
    after["retentionPolicy"] = {
      isLocked: false,
      ...policy,
      retentionPeriod: String(retentionPeriod),
      effectiveTime: new Date().toISOString(),
    };
  }
  for (const name of ["storageClass", "location"])
    if (typeof after[name] === "string") after[name] = after[name].toUpperCase();
  return after;
}

/** A locked policy may only become longer. */
function checkLock(before: Fields | undefined, after: Fields | undefined): void {
  if (before?.["isLocked"] !== true) return;
  if (after && Number(after["retentionPeriod"]) >= Number(before["retentionPeriod"])) return;
  const message = "Cannot reduce retention duration of a locked Retention Policy.";
  throw new GcsError(403, "forbidden", message);
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch))
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  return Object.fromEntries(merged);
}

/** What was emptied is not shown any more. */
const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
