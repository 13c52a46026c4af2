/**
 * What went wrong, as the retry policy needs to know it:
 *
 * - `transient`: network, 5xx, a timeout, a body cut short. Another try can help.
 * - `throttled`: 429. Wait as told; it is not an attempt.
 * - `not_ready`: 202 on content. Box is still preparing it; wait as told.
 * - `unauthorized`: the account's credentials are dead. Work waits for a person to link it again.
 * - `forbidden`, `not_found`: Box refuses, or says it is not there.
 * - `gone`: Box no longer shows the file, or no longer holds the version. Owed again when it does.
 * - `blocked`: the lake as a whole refuses us (credentials, a permission, the bucket). Nothing is
 *   wrong with this object: work waits until an operator has mended it.
 * - `invalid`: our request makes no sense to the other side; the same request never will.
 * - `mismatch`: the bytes are not those of the recorded fact.
 * - `conflict`: something else lies under that name.
 * - `stopped`: our own shutdown; nothing is known to be wrong.
 */
export type FailureKind =
  | "transient"
  | "throttled"
  | "not_ready"
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "gone"
  | "blocked"
  | "invalid"
  | "mismatch"
  | "conflict"
  | "stopped";

export interface FailureDetails {
  /** What to do about it, for the person who reads it. */
  hint?: string | undefined;
  /** What the other side asked us to wait. */
  retryAfterMs?: number | undefined;
  status?: number | undefined;
  /** The other side's own error code. */
  code?: string | undefined;
  /** What to quote to the other side's support. */
  requestId?: string | undefined;
  cause?: unknown;
}

/** A failure translated once, at the adapter. Its message holds no token, signed URL or body. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly hint: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly requestId: string | undefined;

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "Failure";
    this.kind = kind;
    this.hint = details.hint;
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
    this.code = details.code;
    this.requestId = details.requestId;
  }
}
