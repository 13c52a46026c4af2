import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Role } from "../src/config.ts";
import type { Run } from "./benchmark.ts";
import { end } from "./processes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface Settings {
  databaseUrl: string;
  gcsUrl: string;
  /** `gs://bucket/prefix`. */
  lakeUrl: string;
  box?: { url: string; downloadHost: string };
}

/** The same for every process of a benchmark. */
export const SECRETS = {
  adminToken: randomBytes(32).toString("hex"),
  secretsKey: randomBytes(32).toString("base64"),
};

export interface Service {
  pid: number;
  /** 0 without the role `web`. */
  port: number;
  stop(): Promise<void>;
}

/** As the image starts it (Dockerfile). */
const HEAP = ["--max-semi-space-size=2"];

/** Makes the bundle that production runs, from the sources as they are now. */
export async function buildService(): Promise<void> {
  const rolldown = join(ROOT, "node_modules/.bin/rolldown");
  await promisify(execFile)(rolldown, ["-c", "--logLevel", "warn"], { cwd: ROOT });
}

/** Starts the bundle as production does, its log in a file, and waits until it says that it started. */
export async function startService(run: Run, roles: Role[], settings: Settings): Promise<Service> {
  const logFile = join(run.folder, `service-${randomBytes(4).toString("hex")}.log`);
  const { databaseUrl, gcsUrl, lakeUrl, box } = settings;
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, [...HEAP, join(ROOT, "dist/main.js"), ...roles], {
    stdio: ["ignore", log, log],
    env: {
      PATH: process.env["PATH"],
      NODE_OPTIONS: process.env["NODE_OPTIONS"],
      NODE_ENV: "production",
      LOG_LEVEL: "info",
      HOST: "127.0.0.1",
      PORT: "0",
      DATABASE_URL: databaseUrl,
      LAKE_URL: lakeUrl,
      GCS_API_ENDPOINT: gcsUrl,
      ADMIN_TOKEN: SECRETS.adminToken,
      SECRETS_KEY: SECRETS.secretsKey,
      ...(box && {
        BOX_API_URL: box.url,
        BOX_OAUTH_URL: `${box.url}/oauth2`,
        // The sandbox limits nobody; what Box's limit costs is measured by itself.
        BOX_CALLS_PER_MINUTE: "1000000",
        BOX_DOWNLOAD_HOSTS: box.downloadHost,
      }),
    },
  });
  closeSync(log);
  const stop = () => end(child);
  run.defer(stop);
  for (;;) {
    const text = await readFile(logFile, "utf8");
    const started = text.split("\n").find((line) => line.includes('"msg":"Started"'));
    if (started !== undefined) {
      const { port } = JSON.parse(started) as { port?: number };
      return { pid: child.pid ?? 0, port: port ?? 0, stop };
    }
    if (child.exitCode !== null) throw new Error(`the service did not start:\n${text}`);
    await setTimeout(20);
  }
}

/** A call of the admin API; throws on a refusal, with what was said. */
export async function callApi<T>(port: number, path: string, body: object): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}/api${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${SECRETS.adminToken}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
