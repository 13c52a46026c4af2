import { randomUUID } from "node:crypto";
import { byMarker, type Manner } from "./box.ts";
import { sendBare } from "./door.ts";
import { type Item, wayTo } from "./tree.ts";

/** Without what is null, empty or nobody's. */
const only = (fields: Record<string, unknown>, asked: readonly string[]) =>
  Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => asked.includes(name) && value !== null),
  );

function fieldsOf(item: Item): Record<string, unknown> {
  const parent = item.parent && { type: "folder", id: item.parent.id };
  const way = wayTo(item).map(({ type, id, name }) => ({ type, id, name }));
  const shared = {
    name: item.name,
    parent: parent ?? null,
    path_collection: { total_count: way.length, entries: way },
    item_status: "active",
  };
  if (item.type !== "file") return shared;
  const [current] = item.versions;
  return {
    ...shared,
    size: current.bytes.length,
    sha1: current.sha1,
    file_version: { type: "file_version", id: current.id, sha1: null },
    modified_at: current.savedAt.toISOString(),
  };
}

function shortPages(rows: readonly Item[]) {
  const pages: Item[][] = [[]];
  for (let at = 0; at < rows.length; at += 2)
    pages.push(rows.slice(Math.max(0, at - 1), at + 2), []);
  return pages;
}

const page: Manner["page"] = (entries, marker) => ({
  entries,
  ...(marker === undefined ? {} : { next_marker: marker }),
});

/**
 * A Box that promises what its schemas require and no more: requested fields without a value are not
 * there, pages are short, some are empty, the same row comes twice, nothing counts anything, refusals
 * have no body, nobody says how long a token is good, a refresh token stays, a webhook is answered in its mini form, and positions count from zero.
 */
export const terse: Manner = {
  send: sendBare,
  refuse: (status) => ({ status }),
  grant: (access_token, refresh_token) => ({ access_token, refresh_token }),
  rotates: false,
  refuseGrant: (error) => ({ status: 401, body: { error } }),
  besideCode: {},
  user: { type: "user", id: "17" },
  item: (item, fields) => ({ type: item.type, id: item.id, ...only(fieldsOf(item), fields) }),
  items: byMarker(shortPages, page),
  page,
  version: ({ name }, { id, sha1, bytes }) => ({
    type: "file_version",
    id,
    sha1,
    name,
    size: bytes.length,
  }),
  versionsAPage: 2,
  versions: (entries) => ({ entries }),
  hook({ id, folder, address, triggers }, how) {
    const mini = { id, type: "webhook", target: { id: folder, type: "folder" } };
    return how === "read" ? { ...mini, address, triggers } : mini;
  },
  hasEnterpriseEvents: false,
  event: ({ id, file }) => ({
    type: "event",
    event_id: id,
    event_type: "ITEM_UPLOAD",
    source: { type: "file", id: file.id },
  }),
  events: (entries, position) =>
    `{"entries":${JSON.stringify(entries)},"next_stream_position":${position}}`,
  positionOf: Number,
  content: (version) => ({ body: version.bytes }),
  delivery: (hook, trigger, file) =>
    JSON.stringify({
      type: "webhook_event",
      id: randomUUID(),
      trigger,
      webhook: { id: hook.id, type: "webhook" },
      source: { type: "file", id: file.id },
    }),
};
