import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../sandbox/postgres.ts";
import { eventually } from "../support/eventually.ts";

let home: string;
let port: number;
const started = new Set<Run>();

beforeAll(async () => {
  // A folder that only its owner may enter, as a home folder is.
  home = join(await mkdtemp(join(tmpdir(), "longshore-start-")), "data");
  port = await freePort();
  await promisify(execFile)("npx", ["rolldown", "-c", "--logLevel", "warn"]);
}, 120_000);

afterAll(async () => {
  for (const run of started) await end(run, "SIGTERM");
  await rm(join(home, ".."), { recursive: true, force: true, maxRetries: 5 });
});

interface Run {
  process: ChildProcess;
  said: () => string;
  complaint: () => string;
}

interface Start {
  words?: string[];
  at?: number;
  folder?: string;
  env?: Record<string, string>;
}

/** The second half of `npm start`; the first half builds what runs here. */
async function start(wanted: Start = {}): Promise<Run> {
  const run = launch(wanted);
  await Promise.race([
    once(run.process, "exit"),
    eventually("it is ready", () => run.said().includes("Longshore is ready")),
  ]);
  return run;
}

function launch({ words = [], at = port, folder = home, env = {} }: Start): Run {
  const child = spawn(process.execPath, ["dist/start.js", ...words], {
    env: { PATH: process.env["PATH"], LONGSHORE_HOME: folder, PORT: String(at), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  let complaint = "";
  child.stdout.on("data", (text: Buffer) => (said += text.toString()));
  child.stderr.on("data", (text: Buffer) => (complaint += text.toString()));
  const run = { process: child, said: () => said, complaint: () => complaint };
  started.add(run);
  child.once("exit", () => started.delete(run));
  return run;
}

async function end(run: Run, signal: NodeJS.Signals): Promise<number | null> {
  run.process.kill(signal);
  const [code] = (await once(run.process, "exit")) as [number | null];
  return code;
}

async function landed(): Promise<string[]> {
  const found = await readdir(join(home, "lake", "longshore-lake"), { recursive: true }).catch(
    () => [],
  );
  return found.map(String);
}

/** The files below a folder that other users may read. */
async function openToOthers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const { mode } = await stat(path);
    if (entry.isDirectory() && (mode & 0o011) !== 0) found.push(...(await openToOthers(path)));
    if (entry.isFile() && (mode & 0o044) !== 0) found.push(path);
  }
  return found;
}

const hasLanded = (name: string) => () =>
  landed().then((paths) => paths.find((path) => path.includes(`/${name}/`)));

describe("npm start", () => {
  it("lands the samples and whatever any program saves in the Inbox, and says where everything is", async () => {
    const run = await start();
    expect(run.complaint()).toBe("");
    expect(run.said()).toMatch(
      /^Longshore is ready: http:\/\/127\.0\.0\.1:\d+ · sign in with \w{32,} · .*Inbox.*lake.*\n$/,
    );
    for (const sample of ["absorbance.csv", "plate.png", "Certificate of analysis.pdf"])
      await eventually(`${sample} has landed`, hasLanded(sample));
    const bytes = Buffer.alloc(10_240, "ten kilobytes ");
    await writeFile(join(home, "box", "Inbox", "ten.csv"), bytes);
    const path = await eventually("the saved file has landed", hasLanded("ten.csv"));
    const [object = ""] = (await landed()).filter((one) => one.startsWith(`${path}/`)).concat(path);
    expect((await readFile(join(home, "lake", "longshore-lake", object))).equals(bytes)).toBe(true);
    expect(await end(run, "SIGINT")).toBe(0);
    expect(run.complaint()).toBe("");
  }, 90_000);

  it("keeps its secrets from the machine's other users", async () => {
    const keys = JSON.parse(await readFile(join(home, "keys.json"), "utf8")) as object;
    const open = await openToOthers(home);
    expect(open.map((path) => relative(home, path))).toContain("box/Inbox/ten.csv");
    // The sandbox Box's own tokens, keys and content, and the database.
    for (const closed of ["sandbox", "postgres/cluster"])
      expect((await stat(join(home, closed))).mode & 0o077, closed).toBe(0);
    for (const path of open) {
      const text = await readFile(path, "latin1");
      for (const [name, secret] of Object.entries(keys))
        expect(text.includes(String(secret)), `${name} in ${path}`).toBe(false);
    }
  });

  it("goes on after a restart: nothing lands twice, what was saved meanwhile lands", async () => {
    const before = await landed();
    await writeFile(join(home, "box", "Inbox", "meanwhile.csv"), "saved while nothing ran");
    const run = await start();
    await eventually("the file saved meanwhile has landed", hasLanded("meanwhile.csv"));
    const after = await landed();
    expect(after.filter((path) => !path.includes("meanwhile.csv")).toSorted()).toEqual(
      before.toSorted(),
    );
    expect(await end(run, "SIGTERM")).toBe(0);
  }, 90_000);

  it("takes over from a run that was killed, database and service and all", async () => {
    const killed = await start();
    expect(await end(killed, "SIGKILL")).toBe(null);
    const run = await start();
    expect(run.said()).toContain("Longshore is ready");
    await writeFile(join(home, "box", "Inbox", "after the kill.csv"), "still at work");
    await eventually("a file saved now has landed", hasLanded("after the kill.csv"));

    const second = await start({ at: await freePort() });
    expect(second.process.exitCode).toBe(1);
    expect(second.complaint()).toContain(`is in use by process ${run.process.pid}`);
    expect(await end(run, "SIGINT")).toBe(0);
  }, 120_000);

  it("begins anew where a run was killed while it made the database", async () => {
    const folder = join(home, "..", "killed early");
    const killed = launch({ folder });
    const inPostgres = () => readdir(join(folder, "postgres"), { recursive: true });
    await eventually("the making has begun", () =>
      inPostgres().then(
        (names) => names.some((name) => name.endsWith("PG_VERSION")),
        () => false,
      ),
    );
    expect(await end(killed, "SIGKILL")).toBe(null);
    const run = await start({ folder });
    expect(run.said()).toContain("Longshore is ready");
    expect(await end(run, "SIGINT")).toBe(0);
  }, 60_000);

  it("stops everything on a Ctrl-C that comes while it is starting", async () => {
    const folder = join(home, "..", "stopped early");
    const run = launch({ folder });
    await eventually("its database is made and starting", () =>
      readdir(join(folder, "postgres")).then(
        (names) => names.includes("postgres.log"),
        () => false,
      ),
    );
    expect(await end(run, "SIGINT")).toBe(0);
    expect(run.said() + run.complaint()).toBe("");
    expect(await readdir(join(folder, "postgres", "cluster"))).not.toContain("postmaster.pid");
  }, 60_000);

  it("leaves the sandbox Box out for a real account, which is polled only", async () => {
    const run = await start({ words: ["--real-box"] });
    expect(run.said()).toContain("link a Box account");
    expect(run.said()).not.toContain("Inbox");
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
    expect(ready.status).toBe(200);
    expect(await end(run, "SIGINT")).toBe(0);
  }, 60_000);

  it("hands on what a person sets, and its lake has the buckets that sources may name", async () => {
    const env = {
      LAKE_ALLOWED: "gs://team-bucket/raw, gs://longshore-lake/other",
      SWEEP_HOURS: "1",
    };
    const run = await start({ env });
    const token = /sign in with (\w+)/.exec(run.said())?.[1] ?? "";
    const api = async (path: string, body?: object) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const init = body ? { method: "POST", body: JSON.stringify(body), headers } : { headers };
      const answer = await fetch(`http://127.0.0.1:${port}/api/${path}`, init);
      return (await answer.json()) as Record<string, string>;
    };
    const [inbox] = (await api("sources"))["items"] as unknown as Record<string, string>[];
    const { accountId, folderId } = inbox ?? {};
    const place = { bucket: "team-bucket", prefix: "raw" };
    const made = await api("sources", { accountId, folderId, name: "Team", ...place });
    expect(made["lake"]).toBe("gs://team-bucket/raw");
    const sees = async () =>
      (await readdir(join(home, "lake", "team-bucket"), { recursive: true }).catch(() => [])).find(
        (path) => path.includes("absorbance.csv"),
      );
    await eventually("its objects land in its bucket", sees);
    expect(await end(run, "SIGINT")).toBe(0);

    const refused = await start({ env: { SWEEP_HOURS: "never" } });
    expect(refused.process.exitCode).toBe(1);
    expect(refused.complaint()).toMatch(
      /^The service did not start:\nThe configuration has 1 fault\(s\):\n  SWEEP_HOURS /,
    );
  }, 90_000);

  it("says what happened before it ends for what nobody foresaw, and stops everything", async () => {
    const folder = join(home, "..", "failing");
    const fail = 'process.on("SIGUSR2", () => { throw new Error("the disk is on fire"); });';
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fail)}` };
    const run = await start({ folder, env });
    expect(run.said()).toContain("Longshore is ready");
    expect(await end(run, "SIGUSR2")).toBe(1);
    expect(run.complaint()).toMatch(
      /^The sandbox failed \(the disk is on fire\), so everything is /,
    );
    expect(await readdir(join(folder, "postgres", "cluster"))).not.toContain("postmaster.pid");
    await expect(fetch(`http://127.0.0.1:${port}/readyz`)).rejects.toThrow();
  }, 60_000);

  it("says in a sentence what is wrong: a port in use, a word that it does not know", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port: taken } = other.address() as { port: number };
    const run = await start({ at: taken });
    expect(run.process.exitCode).toBe(1);
    expect(run.complaint()).toBe(
      `Port ${taken} is in use: choose another with PORT=8081 npm start\n`,
    );
    other.close();

    const file = join(home, "..", "a file");
    await writeFile(file, "");
    const noHome = await start({ folder: file });
    expect(noHome.complaint()).toMatch(/a file is not a folder .*LONGSHORE_HOME\n$/);
    const noBox = await start({ words: ["--box", file] });
    expect(noBox.complaint()).toMatch(/a file is not a folder .*--box\n$/);

    const asked = await start({ words: ["--help"] });
    expect(asked.process.exitCode).toBe(0);
    expect(asked.said()).toMatch(/^usage: npm start -- (.|\n)*SWEEP_HOURS/);

    const wrong = await start({ words: ["--nonsense"] });
    expect(wrong.process.exitCode).toBe(1);
    expect(wrong.complaint()).toContain("usage: npm start");
  }, 60_000);
});
