import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBox } from "../../sandbox/box/start.ts";
import { startGcs } from "../../sandbox/gcs/start.ts";
import { freePort } from "../../sandbox/postgres.ts";
import { type Config, type Role } from "../../src/config.ts";
import { createLog } from "../../src/log.ts";
import { type Service, startService } from "../../src/service.ts";
import { cloneDatabase } from "./database.ts";
import { wayToDatabase, wayToServer } from "./lag.ts";
import { hurryMinutes } from "./minutes.ts";

export const BUCKET = "lake";
/** A place that sources may name besides the lake's own. */
export const OTHER_PLACE = { bucket: "archive", prefix: "team/a" };
export const PREFIX = "landed";

/** A whole Longshore on free ports: real database, sandbox Box and GCS, and the service itself. */
export async function openHouse(
  options: {
    roles?: Role[];
    watch?: boolean;
    tracesUrl?: string;
    now?: () => number;
    /** Another Box or Cloud Storage than the sandboxes. */
    configure?: (config: Config) => Config;
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "longshore-house-"));
  const [database, box, gcs] = await Promise.all([
    cloneDatabase(),
    startBox({
      root: await made(folder, "box"),
      state: await made(folder, "state-box"),
      quietMs: 50,
      watch: options.watch ?? false,
      ...(options.now ? { now: options.now } : {}),
    }),
    startGcs({
      root: await made(folder, "lake"),
      state: await made(folder, "state-lake"),
      buckets: [BUCKET, OTHER_PLACE.bucket],
    }),
  ]);
  const far = {
    database: await wayToDatabase(database.url),
    box: await wayToServer(box.url),
    lake: await wayToServer(gcs.url),
  };
  const adminToken = randomUUID();
  const lines: string[] = [];
  const log = createLog("debug", { write: (line) => void lines.push(line) });
  const port = await freePort();
  const usual: Config = {
    databaseUrl: far.database.url,
    lake: {
      bucket: BUCKET,
      prefix: PREFIX,
      allowed: [OTHER_PLACE],
      apiEndpoint: far.lake.url,
      credentials: undefined,
    },
    box: {
      apiUrl: far.box.url,
      oauthUrl: `${far.box.url}/oauth2`,
      downloadHosts: [box.downloadHost],
      callsPerMinute: 60_000,
    },
    publicUrl: `http://127.0.0.1:${port}`,
    previousPublicUrl: undefined,
    adminToken,
    secretsKey: randomBytes(32),
    previousSecretsKey: undefined,
    sweepEveryMs: 24 * 60 * 60 * 1000,
    retentionDays: 30,
    host: "127.0.0.1",
    port,
    workerPort: undefined,
    logLevel: "debug",
    tracesUrl: options.tracesUrl,
  };
  const config = options.configure?.(usual) ?? usual;
  const services = new Set<Service>();
  let calm: (() => void) | undefined;
  const startAs = async (configured: Config, ...roles: Role[]): Promise<Service> => {
    const service = await startService(configured, new Set(roles), log);
    services.add(service);
    if (roles.includes("worker")) calm ??= hurryMinutes(database.db);
    return service;
  };
  const start = (...roles: Role[]) => startAs(config, ...roles);
  const stop = async (service: Service) => {
    services.delete(service);
    await service.stop();
  };
  const roles = options.roles ?? ["web", "worker"];
  if (roles.length > 0) await start(...roles);

  /** An API call; throws on a refusal, with what was said. */
  async function api<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  return {
    folder,
    box,
    gcs,
    db: database.db,
    config,
    port,
    adminToken,
    lines,
    start,
    /** With another configuration than `config`. */
    startAs,
    stop,
    api,
    async linkAccount(name = "Lab", subject: "enterprise" | "user" = "user") {
      const { clientId, clientSecret, enterpriseId, userId } = box.ccg;
      const subjectId = subject === "user" ? userId : enterpriseId;
      return api<{ id: string }>("POST", "/api/accounts", {
        name,
        auth: { kind: "ccg", clientId, clientSecret, subject, subjectId },
        signatureKeys: box.signatureKeys,
      });
    },
    async addSource(accountId: string, folderId: string, rest: object = {}) {
      return api<{ id: string; slug: string; webhook: { state: string; reason?: string } }>(
        "POST",
        "/api/sources",
        {
          accountId,
          folderId,
          name: "Inbox",
          ...rest,
        },
      );
    },
    /** What lies in the lake, by the path below the source that Box had. */
    async landed() {
      return gcs.objects(BUCKET);
    },
    async close() {
      calm?.();
      for (const service of services) await service.stop();
      for (const way of Object.values(far)) way.cut();
      await box.close();
      await gcs.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type House = Awaited<ReturnType<typeof openHouse>>;

async function made(folder: string, name: string) {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  return path;
}
