import { randomBytes } from "node:crypto";
import { access, chmod, constants, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** Where everything of a local run lives. */
export interface Home {
  folder: string;
  box: string;
  lake: string;
  postgres: string;
  /** What the sandboxes keep beside the files themselves. */
  state: string;
  log: string;
}

/** The places below a folder; none is made by asking. */
export function homeAt(folder: string): Home {
  const at = (name: string) => join(folder, name);
  return {
    folder,
    box: at("box"),
    lake: at("lake"),
    postgres: at("postgres"),
    state: at("sandbox"),
    log: at("longshore.log"),
  };
}

export interface Keys {
  adminToken: string;
  secretsKey: string;
}

/** The keys of this home, made at the first start and readable by their owner alone. */
export async function readKeys(home: Home): Promise<Keys> {
  const file = join(home.folder, "keys.json");
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as Keys;
  const keys = {
    adminToken: randomBytes(24).toString("hex"),
    secretsKey: randomBytes(32).toString("base64"),
  };
  await writeFile(file, JSON.stringify(keys, null, 2), { mode: 0o600 });
  return keys;
}

/** What the sandboxes keep is for its owner alone: the sandbox Box's tokens, keys and content lie there. */
export async function closeState({ state }: Home): Promise<void> {
  await mkdir(state, { recursive: true });
  await chmod(state, 0o700);
}

/** A fault that the person at the terminal can mend; its message is all they see. */
export class StartError extends Error {}

export interface Lock {
  /** Remembers a process that must end with this one, should this one be killed. */
  noteService(pid: number): Promise<void>;
  release(): Promise<void>;
}

/**
 * One run at a time on a home. A lock whose process is gone is taken over, and the service that it
 * left behind is stopped; a lock whose process lives is an error that says what to do.
 */
export async function lockHome(home: Home): Promise<Lock> {
  await makeFolder(home.folder, "choose another with LONGSHORE_HOME");
  const file = join(home.folder, "lock");
  const text = await readFile(file, "utf8").catch(() => undefined);
  const [owner = 0, service = 0] = (text ?? "").trim().split(/\s+/).map(Number);
  if (text !== undefined && owner !== process.pid && (await isAlive(owner)))
    throw new StartError(
      `${home.folder} is in use by process ${owner}.\n` +
        `Stop it, or give this run a folder of its own with LONGSHORE_HOME.\n` +
        `If process ${owner} is not Longshore, remove ${file}.`,
    );
  if (service > 1 && (await isOurs(service))) await end(service);
  const write = async (words: number[]) => {
    const handle = await open(file, "w");
    await handle.writeFile(words.join(" "));
    await handle.close();
  };
  await write([process.pid]);
  return {
    noteService: (pid) => write([process.pid, pid]),
    release: () => rm(file, { force: true }),
  };
}

/** A folder that we may write into, made if missing. Throws what a person can do otherwise. */
export async function makeFolder(folder: string, otherwise: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "EEXIST" || code === "ENOTDIR" ? "is not a folder" : "cannot be written to";
    throw new StartError(`${folder} ${why} (${code}): ${otherwise}`);
  }
}

async function isAlive(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    process.kill(pid, 0);
    // Killed, and not yet buried by its parent; where there is no /proc, its parent is prompt.
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    return !/\) Z /.test(state);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Numbers of processes come again: only what runs our program is ever stopped. */
async function isOurs(pid: number): Promise<boolean> {
  const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => undefined);
  return words !== undefined && words.includes("main.js") && words.includes("worker");
}

async function end(pid: number) {
  process.kill(pid, "SIGTERM");
  for (let waitedMs = 0; waitedMs < 10_000 && (await isAlive(pid)); waitedMs += 100)
    await setTimeout(100);
  if (await isAlive(pid)) process.kill(pid, "SIGKILL");
}
