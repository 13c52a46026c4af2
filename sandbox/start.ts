import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { startBox } from "./box/start.ts";
import { BUCKET, bucketsOf, environment } from "./environment.ts";
import { startGcs } from "./gcs/start.ts";
import {
  closeState,
  type Home,
  homeAt,
  lockHome,
  makeFolder,
  readKeys,
  StartError,
} from "./home.ts";
import { startPostgres } from "./postgres.ts";
import { registerInbox } from "./register-inbox.ts";
import { writeSamples } from "./samples.ts";
import { migrate, startServiceProcess } from "./service-process.ts";

const USAGE = `usage: npm start -- [--box DIR] [--real-box]
  --box DIR    use a folder of your own as the sandbox Box account
  --real-box   no sandbox Box: link a real account, polled only, to the local lake
environment: LONGSHORE_HOME (default ./data), PORT (default 8080), and of .env.example
  LAKE_ALLOWED, SWEEP_HOURS, RETENTION_DAYS, BOX_CALLS_PER_MINUTE, LOG_LEVEL and OTEL_…;
  with --real-box also PUBLIC_URL: where Box reaches this port by https`;

interface Options {
  home: Home;
  /** The folder that is the account's tree; undefined for a real Box. */
  box: string | undefined;
  ownBox: boolean;
  port: number;
}

/** What was asked for; undefined for a look at how to ask. */
function readOptions(): Options | undefined {
  let values: {
    box?: string | undefined;
    "real-box"?: boolean | undefined;
    help?: boolean | undefined;
  };
  try {
    ({ values } = parseArgs({
      options: {
        box: { type: "string" },
        "real-box": { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    throw new StartError(`${(error as Error).message}\n${USAGE}`);
  }
  if (values.help) return undefined;
  if (values.box !== undefined && values["real-box"])
    throw new StartError(`--box and --real-box exclude each other\n${USAGE}`);
  const port = Number(process.env["PORT"] || 8080);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new StartError("PORT is not a port number (1 to 65535)");
  const home = homeAt(resolve(process.env["LONGSHORE_HOME"] || "data"));
  const ownBox = values.box !== undefined;
  const box = values["real-box"] ? undefined : resolve(values.box ?? home.box);
  return { home, box, ownBox, port };
}

/**
 * The whole of Longshore on this machine: a database, a sandbox Box that is a folder of real files,
 * a lake that is another, and the service itself as in production. Prints one line when ready.
 */
async function main(): Promise<void> {
  const options = readOptions();
  if (!options) return console.log(USAGE);
  const { home, port } = options;
  const lock = await lockHome(home);
  const closers: (() => Promise<unknown>)[] = [lock.release];
  let stopped: Promise<void> | undefined;
  const stop = () =>
    (stopped ??= (async () => {
      for (const close of closers.splice(0).reverse()) await close();
    })());
  // Ctrl-C may come while a part is still starting: it is waited for and stopped, and no other begins.
  const begin = <Part>(start: () => Promise<Part>, close: (part: Part) => Promise<unknown>) => {
    if (stopped) return new Promise<never>(() => {});
    const starting = start();
    closers.push(async () => {
      const part = await starting.catch(() => undefined);
      if (part !== undefined) await close(part);
    });
    return starting;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => void stop().then(() => process.exit(0)));
  const fail = async (unforeseen: Error) => {
    console.error(
      `The sandbox failed (${unforeseen.message}), so everything is stopped. What landed stays: npm start goes on from there.`,
    );
    console.error(unforeseen.stack);
    // A failure while all is being stopped leaves no order to keep.
    if (!stopped) await stop().catch(() => {});
    process.exit(1);
  };
  process.on("uncaughtException", (error) => void fail(error));

  try {
    await assertFree(port);
    if (options.box) await makeFolder(options.box, "choose another with --box");
    const keys = await readKeys(home);
    await closeState(home);
    const postgres = await begin(
      () => startPostgres({ folder: home.postgres }),
      (part) => part.stop(),
    );
    const state = join(home.state, "gcs");
    const gcs = await begin(
      () => startGcs({ root: home.lake, state, buckets: bucketsOf(process.env) }),
      (part) => part.close(),
    );
    const root = options.box;
    const box =
      root === undefined
        ? undefined
        : await begin(
            () => openBox(options, root),
            (part) => part.close(),
          );

    const databaseUrl = await postgres.createDatabase("longshore");
    const env = environment({ port, keys, databaseUrl, gcsUrl: gcs.url, box }, process.env);
    await begin(
      () => migrate(env, home.log),
      async () => {},
    );
    const service = await begin(
      () => startServiceProcess(env, home.log),
      (part) => part.stop(),
    );
    await lock.noteService(service.pid);
    const url = `http://127.0.0.1:${port}`;
    if (box) {
      const name = accountName(options);
      const doneFile = join(home.state, `registered ${box.stateFolder}`);
      await registerInbox({ url, adminToken: keys.adminToken, name, box, doneFile });
    }

    const drop = options.box
      ? `drop files into ${shown(join(options.box, "Inbox"))}`
      : "link a Box account";
    console.log(
      `Longshore is ready: ${url} · sign in with ${keys.adminToken} · ${drop} · the lake is ${shown(join(home.lake, BUCKET))}${box ? ` · the sandbox Box is ${box.url}/sandbox` : ""}`,
    );
    void service.ended.then(async () => {
      if (stopped) return;
      console.error(`The service ended by itself; its last words are in ${shown(home.log)}`);
      await stop();
      process.exit(1);
    });
  } catch (error) {
    const asked = stopped !== undefined;
    await stop();
    // What was still starting may fail because what it needs was stopped.
    if (!asked) throw error;
  }
}

/** As the person would type it from here. */
function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith("..") ? path : short;
}

const accountName = ({ ownBox, box }: Options) =>
  ownBox && box ? `Sandbox ${basename(box)}` : "Sandbox";

async function openBox({ home, ownBox }: Options, root: string) {
  const inbox = join(root, "Inbox");
  const isNew = (await readdir(root).catch(() => [])).length === 0;
  await mkdir(inbox, { recursive: true });
  if (isNew && !ownBox) await writeSamples(inbox);
  const state = ownBox
    ? `box-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`
    : "box";
  return { ...(await startBox({ root, state: join(home.state, state) })), stateFolder: state };
}

function assertFree(port: number): Promise<void> {
  return new Promise((free, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EACCES" ? "may not be used by this user" : "is in use";
      reject(new StartError(`Port ${port} ${why}: choose another with PORT=8081 npm start`));
    });
    probe.listen(port, "127.0.0.1", () => probe.close(() => free()));
  });
}

main().catch((error: unknown) => {
  if (error instanceof StartError) console.error(error.message);
  else console.error("Longshore could not start:", error instanceof Error ? error.message : error);
  process.exit(1);
});
