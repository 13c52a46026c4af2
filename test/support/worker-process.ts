import { type ChildProcess, spawn } from "node:child_process";
import { uriOf } from "../../src/operations/check-source.ts";
import type { House } from "./house.ts";

/** A worker as in production: the real program in a process of its own, put among the others. */
export function startWorkerProcess(
  { config }: Pick<House, "config">,
  workers: Set<ChildProcess>,
): ChildProcess {
  const child = spawn(process.execPath, ["--import", "tsx", "src/main.ts", "worker"], {
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: config.databaseUrl,
      LAKE_URL: `gs://${config.lake.bucket}/${config.lake.prefix}`,
      LAKE_ALLOWED: config.lake.allowed.map(uriOf).join(","),
      GCS_API_ENDPOINT: config.lake.apiEndpoint,
      BOX_API_URL: config.box.apiUrl,
      BOX_OAUTH_URL: config.box.oauthUrl,
      BOX_CALLS_PER_MINUTE: String(config.box.callsPerMinute),
      BOX_DOWNLOAD_HOSTS: config.box.downloadHosts.join(","),
      ADMIN_TOKEN: config.adminToken,
      SECRETS_KEY: Buffer.from(config.secretsKey).toString("base64"),
      PUBLIC_URL: config.publicUrl,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  workers.add(child);
  return child;
}
