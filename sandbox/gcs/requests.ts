import { invalid } from "./errors.ts";
import { isFinal, parseContentRange } from "./content-range.ts";

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
  /** Anything about a bucket itself. */
  | "bucket"
  | "permissions"
  | "token";

export interface Ask {
  kind: RequestKind;
  method: string;
  bucket: string | undefined;
  /** As far as the address says it: a multipart upload may name its object in the body only. */
  name: string | undefined;
  /** The bytes of the upload that this request says it carries, `to` inclusive. */
  from: number;
  to: number | undefined;
}

const ADDRESS =
  /^\/(?:(upload|download)\/)?storage\/v1\/b(?:\/([^/]+)(?:\/(iam\/testPermissions|o)(?:\/([^/]+))?)?)?$/;

/** `undefined` for an address that is no part of the API. */
export function classify(
  method: string,
  url: string,
  contentRange: string | undefined,
): Ask | undefined {
  const [path = "", search] = url.split("?", 2);
  const query = new URLSearchParams(search);
  const ask = { method, bucket: undefined, name: undefined, from: 0, to: undefined };
  if (path === "/token") return { ...ask, kind: "token" };
  const match = ADDRESS.exec(path);
  if (!match) return undefined;
  const [, door, rawBucket, what, rawName] = match;
  const bucket = rawBucket === undefined ? undefined : decode(rawBucket);
  const name = rawName === undefined ? (query.get("name") ?? undefined) : decode(rawName);
  const of = { ...ask, bucket, name };
  if (what === undefined) return { ...of, kind: "bucket" };
  if (what !== "o") return { ...of, kind: "permissions" };
  if (door === "upload") return { ...of, ...classifyUpload(method, query, contentRange) };
  if (rawName === undefined) return { ...of, kind: "list" };
  if (method === "DELETE") return { ...of, kind: "delete" };
  if (method !== "GET") return { ...of, kind: "patch" };
  const bytes = door === "download" || query.get("alt") === "media";
  return { ...of, kind: bytes ? "download" : "get" };
}

function classifyUpload(method: string, query: URLSearchParams, contentRange: string | undefined) {
  if (method === "DELETE") return { kind: "cancel" as const };
  if (method === "POST") {
    const type = query.get("uploadType");
    if (type === "resumable") return { kind: "session" as const };
    return { kind: type === "multipart" ? ("multipart" as const) : ("media" as const) };
  }
  const range = parseContentRange(contentRange);
  if (range.kind === "status") return { kind: "status" as const };
  const kind = isFinal(range) ? ("final" as const) : ("chunk" as const);
  return { kind, from: range.from, to: range.to };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("The address is not percent-encoded UTF-8.");
  }
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
  "bucket",
  "permissions",
  "token",
] as const satisfies RequestKind[];
