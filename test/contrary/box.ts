import { createHmac, randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Config } from "../../src/config.ts";
import { type Asked, listen, type Reply } from "./door.ts";
import { createLogins, type LoginManner } from "./logins.ts";
import {
  createTree,
  type File,
  type Folder,
  type Happened,
  type Item,
  type Tree,
  type Version,
  wayTo,
} from "./tree.ts";

export interface Hook {
  id: string;
  folder: string;
  address: string;
  triggers: string[];
}

type Page = (entries: object[], nextMarker: string | undefined) => object;

/** Pages by marker: which rows each holds, in what order, how often. */
export const byMarker =
  (pagesOf: (rows: readonly Item[]) => (readonly Item[])[], page: Page): Manner["items"] =>
  (rows, query, show) => {
    const pages = pagesOf(rows);
    const at = Number(query.get("marker") ?? 0);
    return page((pages[at] ?? []).map(show), at + 1 < pages.length ? String(at + 1) : undefined);
  };

/** What Box's published documents leave to whoever implements them. */
export interface Manner extends LoginManner {
  send: (response: ServerResponse, reply: Reply, accepted: string | undefined) => void;
  refuse: (status: number, code: string) => Reply;
  user: object;
  /** An item, with the fields that were asked for. */
  item: (item: Item, fields: readonly string[]) => object;
  /** A page of a folder: which of its rows, and what stands around them. */
  items: (rows: readonly Item[], query: URLSearchParams, show: (row: Item) => object) => object;
  /** A page of webhooks. */
  page: Page;
  version: (file: File, version: Version) => object;
  versionsAPage: number;
  versions: (entries: object[], total: number, offset: number) => object;
  hook: (hook: Hook, how: "made" | "read" | "listed") => object;
  hasEnterpriseEvents: boolean;
  event: (event: Happened, stream: string) => object;
  /** The whole answer, as text: a position may be a number that JavaScript cannot write. */
  events: (entries: object[], position: number) => string;
  /** What follows a position; those before it that are told again are the manner's matter. */
  positionOf: (text: string) => number;
  /** The bytes, or where they are: `elsewhere` is on another host. */
  content: (version: Version, elsewhere: string, nth: number) => Reply;
  /** The body of a delivery. */
  delivery: (hook: Hook, trigger: string, file: File) => string;
  /** May answer in place of everything else, by the how manieth request of this kind it is. */
  stumble?: (kind: string, nth: number) => Reply | undefined;
}

/** Box as the manner has it, on free ports. */
export async function startContraryBox(manner: Manner) {
  const tree: Tree = createTree();
  const keys = { primary: "primary-of-the-other", secondary: "secondary-of-the-other" };
  const hooks = new Map<string, Hook>();
  const logins = createLogins(manner);
  const nth = new Map<string, number>();
  const seen: string[] = [];
  let lastHook = 0;

  const count = (kind: string) => {
    nth.set(kind, (nth.get(kind) ?? 0) + 1);
    return nth.get(kind) ?? 0;
  };
  const absent = () => manner.refuse(404, "not_found");

  const list = (folder: Folder, query: URLSearchParams): Reply => ({
    body: manner.items(folder.entries, query, (row) => manner.item(row, fieldsOf(query))),
  });

  function listVersions(file: File, query: URLSearchParams): Reply {
    const [, ...past] = file.versions;
    const offset = Number(query.get("offset") ?? 0);
    const page = past.slice(offset, offset + manner.versionsAPage);
    const entries = page.map((version) => manner.version(file, version));
    return { body: manner.versions(entries, past.length, offset) };
  }

  function listEvents(query: URLSearchParams): Reply {
    const stream = query.get("stream_type") ?? "all";
    if (stream.startsWith("admin") && !manner.hasEnterpriseEvents)
      return manner.refuse(403, "access_denied_insufficient_permissions");
    const position = query.get("stream_position") ?? "0";
    const newest = tree.happened.length;
    const from = position === "now" ? newest : manner.positionOf(position);
    const entries = tree.happened.slice(from).map((event) => manner.event(event, stream));
    return { body: manner.events(entries, newest) };
  }

  function answerHooks({ method, url, body }: Asked, id: string | undefined): Reply {
    const asked = () => {
      const { target, address, triggers } = JSON.parse(body.toString());
      return { folder: String(target.id), address, triggers };
    };
    if (method === "POST") {
      const { folder, ...rest } = asked();
      if ([...hooks.values()].some((hook) => hook.folder === folder))
        return manner.refuse(409, "conflict");
      const hook = { id: String(++lastHook), folder, ...rest };
      hooks.set(hook.id, hook);
      return { status: 201, body: manner.hook(hook, "made") };
    }
    if (id === undefined) {
      const at = Number(url.searchParams.get("marker") ?? 0);
      const rows = [...hooks.values()].slice(at, at + 1).map((hook) => manner.hook(hook, "listed"));
      return { body: manner.page(rows, at + 1 < hooks.size ? String(at + 1) : undefined) };
    }
    const hook = hooks.get(id);
    if (!hook) return absent();
    if (method === "DELETE") hooks.delete(id);
    if (method === "DELETE") return { status: 204 };
    if (method === "PUT") Object.assign(hook, asked());
    return { body: manner.hook(hook, method === "PUT" ? "made" : "read") };
  }

  function answerFile(
    file: File,
    what: string | undefined,
    { url }: Asked,
    elsewhere: string,
  ): Reply {
    const query = url.searchParams;
    if (what === "versions") return listVersions(file, query);
    if (what === undefined) return { body: manner.item(file, fieldsOf(query)) };
    const id = query.get("version") ?? file.versions[0].id;
    const version = file.versions.find((one) => one.id === id);
    return version ? manner.content(version, `${elsewhere}/d/1/${id}`, count("content")) : absent();
  }

  async function answer(asked: Asked): Promise<Reply> {
    const { url, method, headers } = asked;
    const aboutLogins = logins.answer(asked);
    if (aboutLogins) return aboutLogins;
    const [, kind = "", id, what] =
      /^\/2\.0\/([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/.exec(url.pathname) ?? [];
    const route = `${method} ${[kind, id && ":id", what].filter(Boolean).join("/")}`;
    seen.push(route);
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    if (!logins.isLive(token)) return manner.refuse(401, "unauthorized");
    const stumbled = manner.stumble?.(route, count(route));
    if (stumbled) return stumbled;
    if (kind === "users") return { body: manner.user };
    if (kind === "events") return listEvents(url.searchParams);
    if (kind === "webhooks") return answerHooks(asked, id);
    const fields = fieldsOf(url.searchParams);
    const folder = kind === "folders" && tree.found("folder", id ?? "");
    if (folder && what === "items") return list(folder, url.searchParams);
    if (folder) return { body: manner.item(folder, fields) };
    const file = kind === "files" && tree.found("file", id ?? "");
    return file ? answerFile(file, what, asked, contentHost.url) : absent();
  }

  /** What a signed address leads to. Who shows it a token has given that away. */
  const contentHost = await listen(({ url, headers }) => {
    const id = url.pathname.split("/").at(-1);
    const found = tree.versions().find(({ version }) => version.id === id);
    if (headers.authorization !== undefined || !found) return { status: 400, body: "no" };
    return { body: found.version.bytes, headers: { "content-type": "application/octet-stream" } };
  }, manner.send);
  const api = await listen(answer, manner.send);

  /** Delivers to every webhook above the file; answers what each said. */
  async function deliver(trigger: string, file: File): Promise<number[]> {
    const above = new Set(wayTo(file).map(({ id }) => id));
    const told = [...hooks.values()].filter((hook) => above.has(hook.folder));
    return Promise.all(
      told.map(async (hook) => {
        const body = manner.delivery(hook, trigger, file);
        const sentAt = new Date().toISOString();
        const sign = (key: string) =>
          createHmac("sha256", key).update(body).update(sentAt).digest("base64");
        const answered = await fetch(hook.address, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "Box-Delivery-Id": randomUUID(),
            "Box-Delivery-Timestamp": sentAt,
            "Box-Signature-Version": "1",
            "Box-Signature-Algorithm": "HmacSHA256",
            "Box-Signature-Primary": sign(keys.primary),
            "Box-Signature-Secondary": sign(keys.secondary),
          },
          body,
        });
        return answered.status;
      }),
    );
  }

  return {
    url: api.url,
    downloadHost: new URL(contentHost.url).host,
    keys,
    logins,
    tree,
    hooks,
    /** What was asked for, as `GET files/:id/content`, in order. */
    seen,
    deliver,
    close: async () => void (await Promise.all([api.close(), contentHost.close()])),
  };
}

/** A configuration that leads there. */
export const withBox =
  ({ url, downloadHost }: ContraryBox) =>
  (config: Config): Config => ({
    ...config,
    box: {
      apiUrl: url,
      oauthUrl: `${url}/oauth2`,
      downloadHosts: [downloadHost],
      callsPerMinute: 60_000,
    },
  });

export type ContraryBox = Awaited<ReturnType<typeof startContraryBox>>;

const fieldsOf = (query: URLSearchParams) => query.get("fields")?.split(",") ?? [];
