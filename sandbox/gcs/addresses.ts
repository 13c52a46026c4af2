import { isFinal, parseContentRange } from "./content-range.ts";
import { invalid } from "./errors.ts";
import type { Ask, RequestKind } from "./requests.ts";

/** By HTTP method: what a request to this address is about, and Google's name for it. */
type Methods = Record<string, [kind: RequestKind, api: string]>;

/** The methods that each kind of list and its entries have. */
const listOf = (api: string): Methods => ({
  GET: ["settings", `${api}.list`],
  POST: ["settings", `${api}.insert`],
});
const entryOf = (api: string): Methods => ({
  GET: ["settings", `${api}.get`],
  PUT: ["settings", `${api}.update`],
  PATCH: ["settings", `${api}.patch`],
  DELETE: ["settings", `${api}.delete`],
});

/** https://cloud.google.com/storage/docs/json_api/v1, below `/storage/v1`. */
const ADDRESSES: [pattern: RegExp, methods: Methods][] = [
  [
    /^\/b$/,
    { GET: ["bucket", "storage.buckets.list"], POST: ["bucket", "storage.buckets.insert"] },
  ],
  [
    /^\/b\/(?<bucket>[^/]+)$/,
    {
      GET: ["bucket", "storage.buckets.get"],
      PUT: ["bucket", "storage.buckets.update"],
      PATCH: ["bucket", "storage.buckets.patch"],
      DELETE: ["bucket", "storage.buckets.delete"],
    },
  ],
  [
    /^\/b\/(?<bucket>[^/]+)\/iam$/,
    {
      GET: ["settings", "storage.buckets.getIamPolicy"],
      PUT: ["settings", "storage.buckets.setIamPolicy"],
    },
  ],
  [
    /^\/b\/(?<bucket>[^/]+)\/iam\/testPermissions$/,
    { GET: ["permissions", "storage.buckets.testIamPermissions"] },
  ],
  [
    /^\/b\/(?<bucket>[^/]+)\/lockRetentionPolicy$/,
    { POST: ["settings", "storage.buckets.lockRetentionPolicy"] },
  ],
  [/^\/b\/(?<bucket>[^/]+)\/acl$/, listOf("storage.bucket_acl")],
  [/^\/b\/(?<bucket>[^/]+)\/acl\/[^/]+$/, entryOf("storage.bucket_acl")],
  [/^\/b\/(?<bucket>[^/]+)\/defaultObjectAcl$/, listOf("storage.default_object_acl")],
  [/^\/b\/(?<bucket>[^/]+)\/defaultObjectAcl\/[^/]+$/, entryOf("storage.default_object_acl")],
  [/^\/b\/(?<bucket>[^/]+)\/notificationConfigs$/, listOf("storage.notifications")],
  [/^\/b\/(?<bucket>[^/]+)\/notificationConfigs\/[^/]+$/, entryOf("storage.notifications")],
  [/^\/b\/(?<bucket>[^/]+)\/o$/, { GET: ["list", "storage.objects.list"] }],
  [
    /^\/b\/(?<bucket>[^/]+)\/o\/(?<name>[^/]+)$/,
    {
      GET: ["get", "storage.objects.get"],
      PUT: ["patch", "storage.objects.update"],
      PATCH: ["patch", "storage.objects.patch"],
      DELETE: ["delete", "storage.objects.delete"],
    },
  ],
  [/^\/b\/(?<bucket>[^/]+)\/o\/(?<name>[^/]+)\/acl$/, listOf("storage.object_acl")],
  [/^\/b\/(?<bucket>[^/]+)\/o\/(?<name>[^/]+)\/acl\/[^/]+$/, entryOf("storage.object_acl")],
  [
    /^\/b\/(?<bucket>[^/]+)\/o\/(?<name>[^/]+)\/compose$/,
    { POST: ["compose", "storage.objects.compose"] },
  ],
  ...(["copy", "rewrite"] as const).map((verb): [RegExp, Methods] => [
    new RegExp(
      `^/b/(?<fromBucket>[^/]+)/o/(?<fromName>[^/]+)/${verb}To/b/(?<bucket>[^/]+)/o/(?<name>[^/]+)$`,
    ),
    { POST: ["copy", `storage.objects.${verb}`] },
  ]),
  [
    /^\/b\/(?<bucket>[^/]+)\/o\/(?<fromName>[^/]+)\/moveTo\/o\/(?<name>[^/]+)$/,
    { POST: ["copy", "storage.objects.move"] },
  ],
  [
    /^\/projects\/[^/]+\/hmacKeys$/,
    {
      GET: ["settings", "storage.hmacKey.list"],
      POST: ["settings", "storage.hmacKey.create"],
    },
  ],
  [/^\/projects\/[^/]+\/hmacKeys\/[^/]+$/, entryOf("storage.hmacKey")],
  [/^\/projects\/[^/]+\/serviceAccount$/, { GET: ["settings", "storage.serviceaccount.get"] }],
];

/** `undefined` for an address that is no part of the API. */
export function classify(
  method: string,
  url: string,
  contentRange: string | undefined,
): Ask | undefined {
  const [path = "", search] = url.split("?", 2);
  const query = new URLSearchParams(search);
  const ask: Omit<Ask, "kind" | "api"> = {
    method,
    bucket: undefined,
    name: undefined,
    from: 0,
    to: undefined,
    source: undefined,
  };
  if (path === "/token") return { ...ask, kind: "token", api: "token" };
  const outside = /^\/(?<bucket>[^/]+)\/(?<name>[^/].*)$/.exec(path)?.groups;
  if (outside && !/^\/((upload|download)\/)?storage\/v1\//.test(path))
    return ["GET", "HEAD"].includes(method)
      ? { ...ask, ...readNames(outside, query), kind: "download", api: "storage.objects.get" }
      : undefined;
  const [, door, below = ""] = /^(?:\/(upload|download))?\/storage\/v1(\/.*)$/.exec(path) ?? [];
  for (const [pattern, methods] of ADDRESSES) {
    const match = pattern.exec(below);
    if (!match) continue;
    const named = readNames(match.groups ?? {}, query);
    if (door === "upload")
      return { ...ask, ...named, ...classifyUpload(method, query, contentRange) };
    const found = methods[method] ?? Object.values(methods)[0];
    if (!found) return undefined;
    const [kind, api] = found;
    const bytes = kind === "get" && (door === "download" || query.get("alt") === "media");
    return { ...ask, ...named, kind: bytes ? "download" : kind, api };
  }
  return undefined;
}

function readNames(groups: Record<string, string>, query: URLSearchParams) {
  const { bucket, name, fromBucket = bucket, fromName } = groups;
  return {
    bucket: bucket === undefined ? undefined : decode(bucket),
    name: name === undefined ? (query.get("name") ?? undefined) : decode(name),
    source:
      fromBucket === undefined || fromName === undefined
        ? undefined
        : { bucket: decode(fromBucket), name: decode(fromName) },
  };
}

function classifyUpload(method: string, query: URLSearchParams, contentRange: string | undefined) {
  const api = "storage.objects.insert";
  if (method === "DELETE") return { kind: "cancel" as const, api };
  if (method === "POST") {
    const type = query.get("uploadType");
    if (type === "resumable") return { kind: "session" as const, api };
    return { kind: type === "multipart" ? ("multipart" as const) : ("media" as const), api };
  }
  const range = parseContentRange(contentRange);
  if (range.kind === "status") return { kind: "status" as const, api };
  const kind = isFinal(range) ? ("final" as const) : ("chunk" as const);
  return { kind, api, from: range.from, to: range.to };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("The address is not percent-encoded UTF-8.");
  }
}
