import { execFile } from "node:child_process";
import { chown } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A program and its words, changed so that it does not run as root. */
export type RunAs = (program: string, words: string[]) => [program: string, words: string[]];

/**
 * PostgreSQL refuses to run as root. Where we are root it runs in a user namespace that shows us as
 * an ordinary user: it can go wherever we can, and nothing on the machine changes. Where the machine
 * forbids that, it runs as the system user `postgres`, made if missing, who must then be able to
 * reach the folder.
 */
export async function runAs(folder: string): Promise<RunAs> {
  if (process.getuid?.() !== 0) return (program, words) => [program, words];
  const namespace = ["--user", "--map-user=1000", "--map-group=1000"];
  const allowed = await run("unshare", [...namespace, "true"]).then(Boolean, () => false);
  if (allowed) return (program, words) => ["unshare", [...namespace, program, ...words]];

  const known = await run("id", ["-u", "postgres"]).then(Boolean, () => false);
  if (!known) await run("useradd", ["--system", "--user-group", "postgres"]);
  const idOf = async (flag: string) => Number((await run("id", [flag, "postgres"])).stdout);
  const [uid, gid] = [await idOf("-u"), await idOf("-g")];
  await chown(folder, uid, gid);
  const user = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  await run("setpriv", [...user, "test", "-x", folder]).catch((error: unknown) => {
    throw new Error(
      `PostgreSQL cannot run as root, and the user "postgres" cannot reach ${folder}: set LONGSHORE_HOME to a folder that other users may enter`,
      { cause: error },
    );
  });
  return (program, words) => ["setpriv", [...user, program, ...words]];
}
