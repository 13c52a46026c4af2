import {
  type Config,
  ConfigError,
  parseConfig,
  parseDatabaseUrl,
  type Role,
  secretsKeys,
} from "./config.ts";
import { migrateDatabase } from "./db/migrate.ts";
import { openDatabase } from "./db/open.ts";
import { hintOfRefusal } from "./db/unusable.ts";
import { createLog, describeError, scrub } from "./log.ts";
import { moveLake } from "./operations/lake-bucket.ts";
import { rotateKeys } from "./operations/rotate-keys.ts";
import { logWhatIsPrinted } from "./printed.ts";
import { createSecrets } from "./secrets.ts";
import { startService } from "./service.ts";

const USAGE = "usage: migrate | rotate-keys | move-lake | web | worker | web worker";

/** The platform kills what is still there later than this (fly.toml); better to say so ourselves. */
const STOP_WITHIN_MS = 25_000;

async function main(words: string[]): Promise<void> {
  if (words.length === 1 && words[0] === "migrate") {
    await migrateDatabase(parseDatabaseUrl(process.env));
    return;
  }
  if (words.length === 1 && words[0] === "rotate-keys") {
    const config = parseConfig(process.env);
    const { db, close } = openDatabase(config.databaseUrl, 1);
    const rewrapped = await rotateKeys(db, createSecrets(...secretsKeys(config)));
    console.log(`${rewrapped} secret(s) brought under SECRETS_KEY; SECRETS_KEY_PREVIOUS can go`);
    return close();
  }
  if (words.length === 1 && words[0] === "move-lake") {
    const { databaseUrl, lake } = parseConfig(process.env);
    const { db, close } = openDatabase(databaseUrl, 1);
    await moveLake(db, lake.bucket);
    console.log(`The lake is in ${lake.bucket} from now on`);
    return close();
  }
  const roles = new Set(words.filter((word): word is Role => word === "web" || word === "worker"));
  if (roles.size === 0 || roles.size !== words.length) throw new ConfigError([USAGE]);
  await serve(parseConfig(process.env), roles);
}

async function serve(config: Config, roles: ReadonlySet<Role>) {
  const log = createLog(config.logLevel);
  const service = await startService(config, roles, log);
  let stopping = false;
  const stop = (code: number, why: string) => {
    if (stopping) return;
    stopping = true;
    log.info({ why }, "Stopping");
    setTimeout(() => process.exit(code || 1), STOP_WITHIN_MS).unref();
    void service.stop().then(
      () => process.exit(code),
      () => process.exit(code || 1),
    );
  };
  const fatal = (error: unknown) => {
    log.fatal({ err: describeError(error) }, "An error that nothing expected");
    stop(1, "error");
  };
  process.on("SIGTERM", () => stop(0, "SIGTERM"));
  process.on("SIGINT", () => stop(0, "SIGINT"));
  process.on("uncaughtException", fatal);
  process.on("unhandledRejection", fatal);
  // Not before: what keeps it from starting is for the person at the terminal.
  logWhatIsPrinted(log, console);
  // Last: whoever waits for this line may stop us at once.
  log.info({ roles: [...roles], port: service.port }, "Started");
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // Before there is a log, and for the person at the terminal: plain words, never a stack.
  const reason = scrub(error instanceof Error ? error.message : String(error));
  const hint = (error as { hint?: unknown } | null)?.hint;
  const { name, code } = describeError(error);
  const refused = name === "DatabaseError" ? String(code) : undefined;
  console.error(refused === undefined ? reason : `The database refused: ${refused}`);
  const remedy = refused === undefined ? hint : hintOfRefusal(refused);
  if (typeof remedy === "string") console.error(remedy);
  process.exit(1);
});
