import { randomUUID } from "node:crypto";
import { byMarker, type Manner } from "./box.ts";
import { sendRich } from "./door.ts";
import { type File, type Item, type Version, wayTo } from "./tree.ts";

const SOMEBODY = { type: "user", id: "2", name: null, login: null, is_robot: true };
/** With an offset, as Box writes times. */
const timeOf = (at: Date) =>
  new Date(at.getTime() - 8 * 3_600_000).toISOString().replace(/\.\d+Z$/, "-08:00");

const mini = ({ type, id, name }: Pick<Item, "type" | "id" | "name">) => ({
  type,
  id,
  sequence_id: id === "0" ? null : 7,
  etag: id === "0" ? null : "7",
  name,
  tint: "mauve",
});

function whole(item: Item): object {
  const way = wayTo(item);
  const shared = {
    ...mini(item),
    description: "",
    parent: item.parent ? mini(item.parent) : null,
    path_collection: { total_count: String(way.length), entries: way.map(mini) },
    item_status: "active",
    trashed_at: null,
    purged_at: null,
    created_by: SOMEBODY,
    modified_by: null,
    owned_by: SOMEBODY,
    shared_link: null,
    permissions: { can_download: true },
    is_externally_owned: false,
    content_created_at: null,
    content_modified_at: "0000-00-00T00:00:00+00:00",
    [`vendor:${item.type}`]: [{ nested: {} }],
  };
  if (item.type === "web_link") return { ...shared, url: "https://example.com/" };
  if (item.type === "folder")
    return { ...shared, size: 0, item_collection: { total_count: 1, entries: [] } };
  const [current] = item.versions;
  const first = item.versions.at(-1) ?? current;
  return {
    ...shared,
    etag: String(item.versions.length - 1),
    sha1: current.sha1.toUpperCase(),
    size: current.bytes.length,
    file_version: { type: "file_version", id: current.id, sha1: current.sha1 },
    version_number: item.versions.length,
    created_at: timeOf(first.savedAt),
    modified_at: timeOf(current.savedAt),
  };
}

const versionOf = ({ name }: File, { id, sha1, bytes, savedAt }: Version) => ({
  type: "file_version",
  id,
  sha1: sha1.toUpperCase(),
  name,
  size: bytes.length,
  created_at: timeOf(savedAt),
  modified_at: timeOf(savedAt),
  modified_by: SOMEBODY,
  trashed_at: null,
  trashed_by: null,
  restored_at: null,
  purged_at: null,
  uploader_display_name: "Someone",
});

/** As PHP writes it, in ASCII and with escaped slashes. */
const php = (value: unknown) =>
  JSON.stringify(value)
    .replaceAll("/", "\\/")
    .replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );

/** Box's positions lie beyond 2^53. */
const START = 1_152_922_976_252_290_800n;

const HTML = "<html><head><title>502 Bad Gateway</title></head><body></body></html>";

const page: Manner["page"] = (entries, marker) => ({
  entries,
  limit: 3,
  prev_marker: "x",
  next_marker: marker ?? (entries.length === 0 ? "" : null),
});

/**
 * A Box that tells more than it was asked, in whatever form its documents show somewhere: all fields and
 * unknown ones, numbers as text and text as numbers, SHA-1 in capitals, the last row first, everything
 * twice, compressed where that is taken, tokens for seconds with much beside them, content elsewhere and not yet,
 * gateways that speak HTML.
 */
export const lavish: Manner = {
  send: sendRich,
  refuse: (status, code) => ({
    status,
    headers: status === 401 ? { "www-authenticate": 'Bearer realm="Service"' } : {},
    body: { type: "error", status, code, message: "Not so", context_info: null, request_id: 12 },
  }),
  grant: (access_token, refresh_token) => ({
    access_token,
    expires_in: "4",
    restricted_to: [],
    token_type: "bEARER",
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    refresh_token: refresh_token ?? null,
    refresh_token_expires_in: "5184000",
    scope: "root_readwrite manage_webhook",
    id_token: "e30.e30.",
    "not-before-policy": 0,
  }),
  rotates: true,
  refuseGrant: (error) => ({
    status: 400,
    headers: { "cache-control": "no-store" },
    body: { error, error_description: "Not so", error_uri: "about:blank", error_codes: [70_008] },
  }),
  besideCode: { session_state: "a/b=c", iss: "https://elsewhere.example/", scope: "x y" },
  user: { ...SOMEBODY, id: 17, enterprise: { type: "enterprise", id: 500, name: "Acme" } },
  item: whole,
  items: byMarker((rows) => {
    const backwards = rows.toReversed();
    return [backwards.slice(0, 3), backwards.slice(2), backwards, []];
  }, page),
  page,
  version: versionOf,
  versionsAPage: 2,
  versions: (entries, total, offset) => ({
    entries: entries.toReversed(),
    total_count: total,
    limit: 2,
    offset,
    order: [{ by: "type", direction: "ASC" }],
  }),
  hook: ({ id, folder, address, triggers }, how) => ({
    id,
    type: "webhook",
    target: { id: folder, type: "folder" },
    ...(how === "listed"
      ? {}
      : {
          created_by: SOMEBODY,
          created_at: timeOf(new Date()),
          address,
          triggers: triggers.toReversed(),
        }),
  }),
  hasEnterpriseEvents: true,
  event: ({ id, file, at }, stream) => ({
    type: "event",
    event_id: id,
    event_type: stream.startsWith("admin") ? "UPLOAD" : "ITEM_UPLOAD",
    created_at: timeOf(at),
    recorded_at: timeOf(at),
    created_by: SOMEBODY,
    session_id: null,
    source: stream.startsWith("admin")
      ? {
          item_type: "file",
          item_id: file.id,
          item_name: file.name,
          classification: null,
          parent: mini(file.parent),
          owned_by: SOMEBODY,
        }
      : whole(file),
    additional_details: { version_id: file.versions[0].id, size: 1, service_name: "x" },
  }),
  events: (entries, position) => {
    const strangers = [
      { type: "event", event_id: randomUUID(), event_type: "AI_SECURITY_DETECTION", source: null },
      {
        type: "event",
        event_id: randomUUID(),
        event_type: "UPLOAD",
        source: { type: "web_link", id: "5" },
      },
    ];
    const all = php([...strangers, ...entries, ...entries.toReversed()]);
    return `{"chunk_size":${entries.length},"next_stream_position":${START + BigInt(position)},"entries":${all}}`;
  },
  // What was told last is told again.
  positionOf: (text) => Math.max(0, Number(BigInt(text) - START) - 1),
  content(_version, elsewhere, nth) {
    const later = new Date(Date.now() + 1000).toUTCString();
    if (nth === 1) return { status: 202, headers: { "retry-after": later } };
    return {
      status: 302,
      headers: { location: `${elsewhere}?signature=secret` },
      body: "<a>Moved</a>",
    };
  },
  delivery: (hook, trigger, file) =>
    php({
      type: "webhook_event",
      id: randomUUID(),
      created_at: timeOf(new Date()),
      trigger,
      webhook: { id: hook.id, type: "webhook" },
      created_by: SOMEBODY,
      source: whole(file),
      additional_info: [],
      "vendor:extra": { deep: [[[]]] },
    }),
  stumble: (kind, nth) => {
    if (kind === "GET folders/:id/items" && nth === 1) return { status: 502, body: HTML };
    return undefined;
  },
};
