import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type SandboxGcs, startGcs } from "../../sandbox/gcs/start.ts";
import { freePort } from "../../sandbox/postgres.ts";
import { cloneDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";

/** What the image would be, without Docker: its files, its entry point, Fly's words. */
const REPOSITORY = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

let folder: string;
let image: string;
let entryPoint: string[];
let gcs: SandboxGcs;
let databaseUrl: string;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-bundle-"));
  image = join(folder, "image");
  gcs = await startGcs({
    root: join(folder, "lake"),
    state: join(folder, "gcs"),
    buckets: ["lake"],
  });
  const dockerfile = await readFile(join(REPOSITORY, "Dockerfile"), "utf8");
  entryPoint = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? "") as string[];
  await copyImage(await build(), dockerfile);
});

afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await gcs.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  const empty = await cloneDatabase("template1");
  databaseUrl = empty.url;
  return empty.close;
});

/** Bundles away from the working tree, from nothing but what .dockerignore lets through. */
async function build(): Promise<string> {
  const at = join(folder, "build");
  await mkdir(at);
  const ignored = await readFile(join(REPOSITORY, ".dockerignore"), "utf8");
  const names = [...ignored.matchAll(/^!(.+)$/gm)].map(([, name = ""]) => name);
  for (const name of [...names, "node_modules"])
    await symlink(join(REPOSITORY, name), join(at, name));
  const rolldown = join(at, "node_modules/.bin/rolldown");
  await run(rolldown, ["-c", "--logLevel", "warn"], { cwd: at });
  return at;
}

/** Follows the Dockerfile's own lines. */
async function copyImage(built: string, dockerfile: string): Promise<void> {
  const lines = [...dockerfile.matchAll(/^COPY --from=build \/app\/(\S+) \.\/(\S+)$/gm)];
  expect(lines.map(([, from]) => from)).toEqual(["package.json", "node_modules/@node-rs", "dist"]);
  for (const [, from = "", to = ""] of lines)
    await cp(join(built, from), join(image, to), { recursive: true, dereference: true });
}

interface Run {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

/** Runs the image with these words as a platform would: an environment and nothing else. */
function start(words: string, env: Record<string, string>): Run {
  const [, ...fixed] = entryPoint;
  const child = spawn(process.execPath, [...fixed, ...words.split(" ")], { cwd: image, env });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => (output += bytes.toString()));
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, output: () => output, ended };
}

function environment(port: number): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    LAKE_URL: "gs://lake/landed",
    GCS_API_ENDPOINT: gcs.url,
    ADMIN_TOKEN: randomBytes(24).toString("hex"),
    SECRETS_KEY: randomBytes(32).toString("base64"),
    HOST: "127.0.0.1",
    PORT: String(port),
  };
}

const isReady = async (port: number) =>
  (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;

it("lists every fault of an empty environment and ends", async () => {
  const { ended, output } = start("web worker", {});
  expect(await ended).toBe(1);
  for (const name of ["DATABASE_URL", "LAKE_URL", "ADMIN_TOKEN", "SECRETS_KEY"])
    expect(output()).toContain(`${name} is missing`);
});

it("migrates an empty database, serves, and stops cleanly, from what the image holds alone", async () => {
  const port = await freePort();
  const env = environment(port);
  const early = start("web worker", env);
  expect(await early.ended).toBe(1);
  expect(early.output()).toContain(`run the role "migrate" first`);

  const fly = await readFile(join(REPOSITORY, "fly.toml"), "utf8");
  const wordsOf = (key: string) => new RegExp(`^${key} = "(.*)"$`, "m").exec(fly)?.[1] ?? key;
  for (const time of ["first", "second"]) {
    const migrated = start(wordsOf("release_command"), env);
    expect(await migrated.ended, `${time} migration: ${migrated.output()}`).toBe(0);
  }

  const web = start(wordsOf("web"), env);
  const worker = start(wordsOf("worker"), env);
  await eventually("the web is ready", () => isReady(port));
  await eventually("the worker has started", () => worker.output().includes(`"Started"`));
  for (const { child, ended, output } of [web, worker]) {
    child.kill("SIGTERM");
    expect(await ended, output()).toBe(0);
  }
});

/** Packages in what `main.js` imports when it starts, other than by asking for it. */
async function packagesAtStart(): Promise<Set<string>> {
  const dist = join(image, "dist");
  const chunks = ["main.js"];
  const packages = new Set<string>();
  for (const chunk of chunks) {
    const text = await readFile(join(dist, chunk), "utf8");
    for (const [, name = ""] of text.matchAll(/^import\b[^"]*"\.\/([^"]+)";$/gm))
      if (!chunks.includes(name)) chunks.push(name);
    // The bundler's own runtime has no map, as it has no sources.
    const map = await readFile(join(dist, `${chunk}.map`), "utf8").catch(() => "");
    for (const [, name = ""] of map.matchAll(/node_modules\/((?:@[^/"]+\/)?[^/"]+)/g))
      packages.add(name);
  }
  return packages;
}

it("loads nothing of OpenTelemetry unless a collector is configured, and then sends it spans", async () => {
  const packages = [...(await packagesAtStart())];
  expect(packages).toContain("graphile-worker");
  // Its interfaces come with the metrics' package.
  const ofTracing = packages.filter((name) => name.startsWith("@opentelemetry/"));
  expect(ofTracing.filter((name) => name !== "@opentelemetry/api")).toEqual([]);

  // Stands for Box, too, which is not in the image's reach.
  const sent: string[] = [];
  const collector = createServer((request, response) => {
    void text(request).then((body) => sent.push(body));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const port = await freePort();
  const env: Record<string, string> = {
    ...environment(port),
    BOX_API_URL: url,
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_SERVICE_NAME: "longshore-of-ours",
  };
  expect(await start("migrate", env).ended).toBe(0);
  const web = start("web", env);
  await eventually("the web is ready", () => isReady(port));
  const asked = await fetch(`http://127.0.0.1:${port}/api/accounts/test`, {
    method: "POST",
    headers: { authorization: `Bearer ${env["ADMIN_TOKEN"]}`, "content-type": "application/json" },
    body: JSON.stringify({ auth: { kind: "developerToken", token: "t" } }),
  });
  expect(asked.status).toBe(503);
  web.child.kill("SIGTERM");
  expect(await web.ended, web.output()).toBe(0);
  collector.close();
  expect(sent.at(-1)).toContain("longshore-of-ours");
  expect(sent.at(-1)).toContain("/2.0/users/me");
});

it("starts both roles in one process with the image's own words", async () => {
  const port = await freePort();
  const dockerfile = await readFile(join(REPOSITORY, "Dockerfile"), "utf8");
  const words = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? "") as string[];
  const env = environment(port);
  expect(await start("migrate", env).ended).toBe(0);
  const both = start(words.join(" "), env);
  await eventually("it is ready", () => isReady(port));
  both.child.kill("SIGTERM");
  expect(await both.ended, both.output()).toBe(0);
});
