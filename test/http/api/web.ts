import { randomBytes } from "node:crypto";
import { createConsent } from "../../../src/box/auth-consent.ts";
import { createTransport } from "../../../src/box/transport.ts";
import { createApp } from "../../../src/http/app.ts";
import type { HttpDeps } from "../../../src/http/deps.ts";
import { createLog } from "../../../src/log.ts";
import { createMetrics } from "../../../src/metrics.ts";
import { createSecrets } from "../../../src/secrets.ts";
import { cloneDatabase } from "../../support/database.ts";
import { createFakeBox } from "../../support/fake-box.ts";
import { createFakeLake } from "../../support/fake-lake.ts";

export const ADMIN_TOKEN = "an admin token of at least 32 characters";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON; tests say what they expect of it. */
  body: Record<string, unknown>;
}

/** The web on a database of its own, with a Box and a lake that do as they are told. */
export async function openWeb(overrides: Partial<HttpDeps> = {}) {
  const database = await cloneDatabase();
  const box = createFakeBox();
  const lake = createFakeLake();
  const lines: string[] = [];
  const secrets = createSecrets(randomBytes(32));
  const app = createApp({
    db: database.db,
    boxes: box.clients,
    consent: createConsent(createTransport(), "https://api.box.com/oauth2"),
    lake: lake.store,
    secrets,
    metrics: createMetrics(),
    log: createLog("debug", { write: (line) => void lines.push(line) }),
    adminToken: ADMIN_TOKEN,
    callsPerMinute: 900,
    prefix: "landed",
    places: [
      { bucket: "lake", prefix: "landed" },
      { bucket: "archive", prefix: "team/a" },
    ],
    publicUrl: "https://longshore.example",
    webhookBase: "https://longshore.example",
    ...overrides,
  });

  async function send(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await app.request(path, init);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    const body = isJson ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: response.status, headers: response.headers, text, body };
  }
  /** With the admin token, and a body in JSON. */
  const call = (method: string, path: string, body?: unknown) =>
    send(path, {
      method,
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  return {
    app,
    box,
    lake,
    lines,
    secrets,
    db: database.db,
    send,
    get: (path: string) => call("GET", path),
    post: (path: string, body?: unknown) => call("POST", path, body),
    patch: (path: string, body: unknown) => call("PATCH", path, body),
    remove: (path: string) => call("DELETE", path),
    call,
    close: () => database.close(),
  };
}

export type Web = Awaited<ReturnType<typeof openWeb>>;

/** The items of a page, as the caller says they are shaped. */
export const items = <Item = Record<string, unknown>>(answer: Answer) =>
  answer.body["items"] as Item[];

/** Follows `nextCursor` to the end; the items of each page. */
export async function pages<Item = Record<string, unknown>>(web: Web, path: string, limit: number) {
  const found: Item[][] = [];
  let cursor: string | null = null;
  do {
    const join = path.includes("?") ? "&" : "?";
    const more = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await web.get(`${path}${join}limit=${limit}${more}`);
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    found.push(items<Item>(answer));
    cursor = answer.body["nextCursor"] as string | null;
  } while (cursor !== null);
  return found;
}
