import { createHash } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Expected } from "../gcs-process.ts";
import { answerParent, type Calls } from "../processes.ts";

export interface Tree {
  folders: number;
  filesPerFolder: number;
}

export interface TreeBoxCalls extends Calls {
  start(): Promise<{ url: string; downloadHost: string }>;
  /** Shows this tree from now on, and answers what a source of its top folder must hold. */
  grow(tree: Tree): { folderId: string; versions: Expected[] };
  /** Calls since the last time of asking; those to the content host are not counted. */
  calls(): number;
}

/**
 * A Box that is computed, not kept: folder n lies in folder (n - 1) / 10, and file n in folder
 * n / filesPerFolder. So it is as quick for the last folder of thousands as for the first, holds nothing
 * in memory, and cannot be what grows with the tree.
 */
const FAN_OUT = 10;
const FIRST = 1_000_000;
const NOON = "2026-05-01T12:00:00+00:00";

let tree: Tree = { folders: 1, filesPerFolder: 0 };
let count = 0;

const nameOf = (folder: number) => (folder === 0 ? "Archive" : `run ${folder}`);
const folderRow = (n: number) => ({ type: "folder", id: String(FIRST + n), name: nameOf(n) });
const contentOf = (file: string) => Buffer.from(`well,value\r\nA1,${file}\r\n`.padEnd(200, "."));

function fileRow(n: number, folder: number) {
  const id = String(FIRST + n);
  const content = contentOf(id);
  return {
    type: "file",
    id,
    name: `plate ${n}.csv`,
    etag: "0",
    size: content.length,
    sha1: createHash("sha1").update(content).digest("hex"),
    file_version: { type: "file_version", id: `9${id}` },
    version_number: "1",
    parent: folderRow(folder),
    item_status: "active",
    created_at: NOON,
    modified_at: NOON,
  };
}

function folder(n: number) {
  const above = [{ type: "folder", id: "0", name: "All Files" }];
  for (let at = n; at > 0;) {
    at = Math.floor((at - 1) / FAN_OUT);
    above.splice(1, 0, folderRow(at));
  }
  const place = { parent: above.at(-1), path_collection: { entries: above } };
  return { ...folderRow(n), ...place, item_status: "active" };
}

const filesOf = (n: number) =>
  Array.from({ length: tree.filesPerFolder }, (_, index) => n * tree.filesPerFolder + index);

function items(n: number) {
  const children = Array.from({ length: FAN_OUT }, (_, index) => n * FAN_OUT + 1 + index);
  const below = children.filter((child) => child < tree.folders);
  return {
    entries: [...below.map(folderRow), ...filesOf(n).map((file) => fileRow(file, n))],
    next_marker: "",
  };
}

/** The answers by the path of the request. */
const ROUTES: [RegExp, (id: string) => unknown][] = [
  [
    /^\/2\.0\/users\/me$/,
    () => ({ type: "user", id: "17", login: "lab@example.com", name: "Lab" }),
  ],
  [/^\/2\.0\/events$/, () => ({ chunk_size: 0, next_stream_position: "42", entries: [] })],
  [/^\/2\.0\/folders\/(\d+)\/items$/, (id) => items(Number(id) - FIRST)],
  [/^\/2\.0\/folders\/(\d+)$/, (id) => folder(Number(id) - FIRST)],
];

function answer(path: string, response: ServerResponse) {
  const content = /^\/content\/(\d+)$/.exec(path);
  if (content?.[1]) return void response.end(contentOf(content[1]));
  count++;
  const file = /^\/2\.0\/files\/(\d+)\/content$/.exec(path);
  if (file?.[1]) return void response.writeHead(302, { location: `/content/${file[1]}` }).end();
  for (const [pattern, say] of ROUTES) {
    const found = pattern.exec(path);
    if (!found) continue;
    response.setHeader("content-type", "application/json");
    return void response.end(JSON.stringify(say(found[1] ?? "")));
  }
  response.writeHead(404).end('{"type":"error","status":404,"code":"not_found"}');
}

const calls: TreeBoxCalls = {
  async start() {
    const server = createServer((request, response) => {
      request.resume();
      answer(new URL(request.url ?? "/", "http://box").pathname, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}`, downloadHost: `127.0.0.1:${port}` };
  },

  grow(grown) {
    tree = grown;
    const files = tree.folders * tree.filesPerFolder;
    const versions = Array.from({ length: files }, (_, n) => {
      const { id, sha1, file_version } = fileRow(n, 0);
      return { fileId: id, versionId: file_version.id, sha1 };
    });
    return { folderId: String(FIRST), versions };
  },

  calls() {
    const made = count;
    count = 0;
    return made;
  },
};

answerParent(calls);
