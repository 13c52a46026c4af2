import { Hono } from "hono";
import { beforeEach } from "vitest";
import type { Database } from "../../../src/db/open.ts";
import { createPages } from "../../../src/http/pages/pages.tsx";
import type { LakeStore } from "../../../src/lake/store.ts";
import { createLog } from "../../../src/log.ts";
import { createMetrics } from "../../../src/metrics.ts";
import type { BoxClients } from "../../../src/operations/box-clients.ts";
import { createSecrets } from "../../../src/secrets.ts";
import { cloneDatabase } from "../../support/database.ts";

export const ADMIN_TOKEN = "an admin token that is long enough";
export const ORIGIN = "http://longshore.test";

const refuse = () => {
  throw new Error("the pages speak neither to Box nor to the lake");
};

const LAKE: LakeStore = {
  uri: "gs://lake/raw",
  create: refuse,
  look: refuse,
  probe: refuse,
};

/** `boxes`: where the pages are to speak to Box. */
interface Rest {
  publicUrl?: string;
  logged?: string[];
  boxes?: BoxClients | undefined;
}

/** The pages over a database, mounted as in the service, with no lake behind them, and a Box only if given. */
export function openPages(db: Database, rest: Rest = {}) {
  const { publicUrl, logged = [], boxes = { of: refuse, trial: refuse } } = rest;
  const pages = createPages({
    db,
    boxes,
    consent: { address: refuse, exchange: refuse },
    lake: LAKE,
    secrets: createSecrets(new Uint8Array(32)),
    metrics: createMetrics(),
    log: createLog("debug", { write: (line) => void logged.push(line) }),
    adminToken: ADMIN_TOKEN,
    callsPerMinute: 900,
    prefix: "raw",
    places: [
      { bucket: "lake", prefix: "raw" },
      { bucket: "archive", prefix: "team/a" },
    ],
    publicUrl,
    webhookBase: undefined,
  });
  return new Hono().route("/", pages);
}

/** A browser of few words at the pages: it keeps its cookie and follows no redirect. */
export function openDesk(db: Database, rest: Rest = {}) {
  const app = openPages(db, rest);
  let cookie = "";
  const ask = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (cookie !== "") headers.set("cookie", cookie);
    return app.request(ORIGIN + path, { ...init, headers });
  };
  const get = (path: string, headers: Record<string, string> = {}) => ask(path, { headers });
  /** A form of ours unless the headers say otherwise. */
  const post = (
    path: string,
    fields: [string, string][],
    headers: Record<string, string> = { origin: ORIGIN },
  ) => ask(path, { method: "POST", headers, body: new URLSearchParams(fields) });
  return {
    get,
    post,
    /** The words and marks of a page that must be there. */
    async html(path: string): Promise<string> {
      const response = await get(path);
      if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
      return response.text();
    },
    async signIn(token = ADMIN_TOKEN) {
      const response = await post("/sign-in", [["token", token]]);
      cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
      return response;
    },
  };
}

/** For each test of a file: a database of its own, and a desk over it at which its owner is signed in. */
export function deskForEach() {
  const at = {} as { db: Database; desk: ReturnType<typeof openDesk> };
  beforeEach(async () => {
    const { db, close } = await cloneDatabase();
    Object.assign(at, { db, desk: openDesk(db) });
    await at.desk.signIn();
    return close;
  });
  return at;
}
