/** What a caller wants, as faults and counters name it. */
export type RequestKind =
  /** The POST that begins a resumable upload. */
  | "session"
  /** A PUT to a session with bytes that are not the last; the last; or none. */
  | "chunk"
  | "final"
  | "status"
  | "cancel"
  | "media"
  | "multipart"
  /** Metadata of one object, or its bytes. */
  | "get"
  | "download"
  | "list"
  | "patch"
  | "delete"
  /** A copy, rewrite or move, by the name it makes; several objects become one. */
  | "copy"
  | "compose"
  /** Anything about a bucket itself. */
  | "bucket"
  /** Access lists, policies, notifications, keys: what a lake does not need. */
  | "settings"
  | "permissions"
  | "token";

export interface Ask {
  kind: RequestKind;
  /** Google's name for it, as `storage.objects.insert`. */
  api: string;
  method: string;
  bucket: string | undefined;
  /** As far as the address says it: a multipart upload may name its object in the body only. */
  name: string | undefined;
  /** The bytes of the upload that this request says it carries, `to` inclusive. */
  from: number;
  to: number | undefined;
  /** What is copied. */
  source: { bucket: string; name: string } | undefined;
}

export interface LoggedRequest {
  kind: RequestKind;
  method: string;
  bucket: string | undefined;
  name: string | undefined;
  contentRange: string | undefined;
  /** `undefined` while it is worked on, and for ever when the connection was cut. */
  status: number | undefined;
}

/** What was asked, for tests: counted by kind, and the newest in full. */
export interface RequestLog {
  readonly counts: Record<RequestKind, number>;
  readonly latest: readonly LoggedRequest[];
  reset(): void;
}

/** A benchmark asks a million times; a test looks at a few. */
const KEPT = 1000;

/** Empty at first; `note` is for the sandbox, the log for who looks. */
export function createRequestLog() {
  const counts = new Map<RequestKind, number>();
  const latest: LoggedRequest[] = [];
  const log: RequestLog = {
    get counts() {
      const all = KINDS.map((kind) => [kind, counts.get(kind) ?? 0]);
      return Object.fromEntries(all) as Record<RequestKind, number>;
    },
    latest,
    reset() {
      counts.clear();
      latest.length = 0;
    },
  };
  function note(ask: Ask, contentRange: string | undefined): LoggedRequest {
    counts.set(ask.kind, (counts.get(ask.kind) ?? 0) + 1);
    const { kind, method, bucket, name } = ask;
    const entry: LoggedRequest = { kind, method, bucket, name, contentRange, status: undefined };
    latest.push(entry);
    if (latest.length > 2 * KEPT) latest.splice(0, KEPT);
    return entry;
  }
  return { log, note };
}

export const KINDS = [
  "session",
  "chunk",
  "final",
  "status",
  "cancel",
  "media",
  "multipart",
  "get",
  "download",
  "list",
  "patch",
  "delete",
  "copy",
  "compose",
  "bucket",
  "settings",
  "permissions",
  "token",
] as const satisfies RequestKind[];
