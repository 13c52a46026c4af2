import { Failure, type FailureDetails, type FailureKind } from "../core/failure.ts";

/** What Google answered, as far as a judgement needs it. */
export interface Refusal {
  status: number;
  /** Google's word for it, such as `conditionNotMet`. */
  reason?: string | undefined;
  /** Google's sentence. It may hold addresses, so it is searched and never passed on. */
  message?: string | undefined;
  retryAfterMs?: number | undefined;
}

/** Marks failures of the lake among those that a source lets through `create`. */
const CODE_PREFIX = "gcs:";

/**
 * True when the lake failed, not the source that was read: an `unauthorized` or `forbidden` of the
 * lake is about our Google credentials and holds for every object, not about an account or a file.
 */
export const isLakeFailure = (error: unknown): error is Failure =>
  error instanceof Failure && error.code?.startsWith(CODE_PREFIX) === true;

/** A failure of the lake; its `code` says so. */
export function lakeFailure(
  kind: FailureKind,
  message: string,
  { code, ...details }: FailureDetails = {},
): Failure {
  return new Failure(kind, `GCS: ${message}`, {
    ...details,
    code: `${CODE_PREFIX}${code ?? kind}`,
  });
}

/** Google's answer as the retry policy needs it. `doing` completes "Google refused to …". */
export function refusal(answer: Refusal, doing: string, bucket: string): Failure {
  const { status, retryAfterMs } = answer;
  const kind = kindOf(answer);
  const permission = missingPermission(answer.message);
  const missing = permission ? `: ${permission} is missing` : "";
  return lakeFailure(kind, `refused to ${doing} with ${status}${missing}`, {
    status,
    retryAfterMs,
    code: answer.reason ?? String(status),
    hint: HINTS[status]?.(bucket),
  });
}

/** https://cloud.google.com/storage/docs/json_api/v1/status-codes */
function kindOf({ status, reason, message }: Refusal): FailureKind {
  if (status === 429 || (status === 403 && RATE_REASONS.has(reason ?? ""))) return "throttled";
  if (status === 408 || status >= 500) return "transient";
  // Bytes proved here that arrived there with another checksum were damaged on the way.
  if (status === 400 && /crc32c|md5/i.test(message ?? "")) return "transient";
  if (status === 401 || status === 403 || status === 404) return "blocked";
  if (status === 412) return "conflict";
  return "invalid";
}

const RATE_REASONS = new Set(["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"]);

const missingPermission = (message = "") => /\bstorage\.[a-z]+\.[a-zA-Z]+/.exec(message)?.[0];

/** Creating, reading, and learning that nothing is there: without list, Google answers 403 for 404. */
export const NEEDED_PERMISSIONS = [
  "storage.objects.create",
  "storage.objects.get",
  "storage.objects.list",
];

export const GRANT_HINT = (bucket: string) =>
  `Grant the service account roles/storage.objectCreator and roles/storage.objectViewer on the bucket ${bucket}.`;

const HINTS: Partial<Record<number, (bucket: string) => string>> = {
  403: GRANT_HINT,
  401: () =>
    "Google does not accept our credentials: check GCS_CREDENTIALS, whether the key was deleted or the service account disabled, and this machine's clock.",
  404: (bucket) =>
    `The bucket ${bucket} is not there: create it, or correct LAKE_URL or LAKE_ALLOWED. Longshore never creates buckets.`,
};
