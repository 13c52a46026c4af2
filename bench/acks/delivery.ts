import { randomUUID } from "node:crypto";
import { boxTime } from "../../sandbox/box/clock.ts";
import { deliveryHeaders, type Keys, phpJson } from "../../sandbox/box/wire.ts";

/** Where the uploads happen; the source is this folder. */
export const FOLDER = { id: "300002", name: "Plates 96" };

/** The n-th upload: its ids hold the number, so that rows can be traced to requests and back. */
export const idsOf = (n: number) => ({
  eventId: `d0b4d7a1-0a6f-4f43-8d0a-${n.toString(16).padStart(12, "0")}`,
  fileId: `4${String(n).padStart(11, "0")}`,
  versionId: `5${String(n).padStart(11, "0")}`,
});

const MARK = { n: "#event#", file: "#file#", version: "#version#", sha1: "#sha1#" };

const user = {
  type: "user",
  id: "20000001",
  name: "Mika Rietveld",
  login: "mika.rietveld@lab.example",
};
const folder = (id: string, name: string) => ({
  type: "folder",
  id,
  sequence_id: "0",
  etag: "0",
  name,
});

/** A FILE.UPLOADED delivery with the fields that Box sends, about 1.6 kB, as its PHP writes it. */
function template(at: string): string[] {
  const body = phpJson({
    type: "webhook_event",
    id: MARK.n,
    created_at: at,
    trigger: "FILE.UPLOADED",
    webhook: { id: "600001", type: "webhook" },
    created_by: user,
    source: {
      id: MARK.file,
      type: "file",
      file_version: { type: "file_version", id: MARK.version, sha1: MARK.sha1 },
      sequence_id: "0",
      etag: "0",
      sha1: MARK.sha1,
      name: `plate ${MARK.file} – München.csv`,
      description: "",
      size: 48213,
      path_collection: {
        total_count: 3,
        entries: [
          folder("0", "All Files"),
          folder("300001", "Assays"),
          folder(FOLDER.id, FOLDER.name),
        ],
      },
      created_at: at,
      modified_at: at,
      trashed_at: null,
      purged_at: null,
      content_created_at: at,
      content_modified_at: at,
      created_by: user,
      modified_by: user,
      owned_by: user,
      shared_link: null,
      parent: folder(FOLDER.id, FOLDER.name),
      item_status: "active",
    },
    additional_info: [],
  });
  return body.split(/(#\w+#)/);
}

/** Makes whole HTTP requests, each another upload into the folder, signed at the time of asking. */
export function createRequests(host: string, path: string, keys: Keys) {
  let made = { at: "", parts: [] as string[] };
  return (n: number): string => {
    const now = Date.now();
    const at = boxTime(now);
    if (made.at !== at) made = { at, parts: template(at) };
    const { eventId, fileId, versionId } = idsOf(n);
    const filled: Record<string, string> = {
      [MARK.n]: eventId,
      [MARK.file]: fileId,
      [MARK.version]: versionId,
      [MARK.sha1]: n.toString(16).padStart(40, "0"),
    };
    const body = made.parts.map((part) => filled[part] ?? part).join("");
    const headers = Object.entries(deliveryHeaders(body, now, keys));
    const lines = [
      `POST ${path} HTTP/1.1`,
      `host: ${host}`,
      `content-length: ${body.length}`,
      ...headers.map(([name, value]) => `${name}: ${value}`),
    ];
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  };
}

export const newKeys = (): Keys => ({ primary: randomUUID(), secondary: randomUUID() });
