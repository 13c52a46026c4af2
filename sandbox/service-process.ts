import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Env } from "./environment.ts";
import { StartError } from "./home.ts";

export interface ServiceProcess {
  pid: number;
  /** Settles when the process ends, whoever ended it. */
  ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * As the image has it: small nurseries, because with V8's own choice the garbage of a few thousand
 * requests stood in memory (312 MB after 3,000 files, 209 with this).
 */
const FLAGS = ["--max-semi-space-size=2"];

/** The same program as in production, beside this one in the bundle. */
const PROGRAM = fileURLToPath(new URL("./main.js", import.meta.url));

/** Brings the tables up to date; throws what the program said when it could not. */
export async function migrate(env: Env, logFile: string): Promise<void> {
  const from = await lengthOf(logFile);
  const child = launch(["migrate"], env, logFile);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new StartError(`The migration failed:\n${await lastWords(logFile, from)}`);
}

/** Starts the service in all its roles and waits until it is ready. */
export async function startServiceProcess(env: Env, logFile: string): Promise<ServiceProcess> {
  const from = await lengthOf(logFile);
  const child = launch(["web", "worker"], env, logFile);
  let over = false;
  const ended = once(child, "exit").then(() => {
    over = true;
  });
  while (!(await isReady(`http://127.0.0.1:${env["PORT"]}/readyz`))) {
    if (over) throw new StartError(`The service did not start:\n${await lastWords(logFile, from)}`);
    await setTimeout(50);
  }
  return {
    pid: child.pid ?? 0,
    ended,
    async stop() {
      if (!over) child.kill("SIGTERM");
      await ended;
    },
  };
}

/** In a session of its own: Ctrl-C reaches us first, and we end things in their order. */
function launch(words: string[], env: Env, logFile: string): ChildProcess {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, [...FLAGS, PROGRAM, ...words], {
    env,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  return child;
}

const isReady = (url: string) =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  );

const lengthOf = (file: string) =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

/** Node's own remarks, which nobody at the terminal can act on. */
const REMARK = /^\((node:\d+\)|Use `node)/;

/** What a program said at last, of all that stands in the log from some byte on. */
async function lastWords(logFile: string, from: number): Promise<string> {
  const bytes = await readFile(logFile).catch(() => Buffer.alloc(0));
  const lines = bytes.subarray(from).toString().trim().split("\n");
  return lines
    .filter((line) => !REMARK.test(line))
    .slice(-10)
    .join("\n");
}
