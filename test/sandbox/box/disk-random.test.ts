import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Account } from "../../../sandbox/box/account.ts";
import { Refusal } from "../../../sandbox/box/refusal.ts";
import { freshBox, type Ground } from "./client.ts";

/** The same numbers below `n` for the same seed. */
function numbers(seed: number) {
  let state = seed;
  return (n: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * n);
  };
}

/** Paths below the root with the hash of their content; folders end in a slash. */
async function onDisk(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const [path, name] = [join(folder, entry.name), prefix + entry.name];
    if (entry.isDirectory()) found.push(`${name}/`, ...(await onDisk(path, `${name}/`)));
    else
      found.push(
        `${name} ${createHash("sha1")
          .update(await readFile(path))
          .digest("hex")}`,
      );
  }
  return found.toSorted();
}

function inBox(account: Account, folderId = "0", prefix = ""): string[] {
  const found = account.list(folderId).flatMap(({ id, type, name, versionId }) => {
    if (type === "folder") return [`${prefix}${name}/`, ...inBox(account, id, `${prefix}${name}/`)];
    const current = account.versions(id).find((version) => version.id === versionId);
    return [`${prefix}${name} ${current?.sha1}`];
  });
  return found.toSorted();
}

/** One thing that a program, the API or the sandbox's owner does; what cannot be done is not. */
async function act(ground: Ground, random: (n: number) => number) {
  const pick = <T>(list: readonly T[]) => list[random(list.length)];
  const paths = (await onDisk(ground.root)).map((line) => line.split(" ")[0]!);
  const folders = ["", ...paths.filter((path) => path.endsWith("/"))];
  const somewhere = join(ground.root, pick(folders)!, pick(["a", "b", "c", "d"])!);
  const something = join(ground.root, pick(paths) ?? "nothing");
  const { account } = ground.box;
  const item = pick(account.list());
  const content = `content ${random(1_000)}`;
  const deeds = [
    () => writeFile(somewhere, content),
    () => writeFile(something, content),
    () => mkdir(`${somewhere} folder`),
    () => rename(something, somewhere),
    () => rename(something, `${somewhere} folder`),
    () => rm(something, { recursive: true }),
    () => account.upload({ parentId: "0", name: pick(["a", "b"])!, bytes: content }),
    () => item && account.rename(item, pick(["c", "d"])!),
    () => item && account.trash(item),
    () => random(10) === 0 && ground.restart(),
  ];
  await pick(deeds)!();
}

test.each([1, 2, 3, 4])(
  "whatever programs and the API do to the tree, in the end Box holds what the disk does (seed %i)",
  async (seed) => {
    const random = numbers(seed);
    const ground = await freshBox();
    onTestFinished(() => ground.remove());
    for (let i = 0; i < 200; i++)
      await act(ground, random).catch((error: unknown) => {
        const impossible = ["ENOENT", "EEXIST", "ENOTEMPTY", "EISDIR", "ENOTDIR", "EINVAL"];
        const known = impossible.includes((error as NodeJS.ErrnoException).code ?? "");
        if (!known && !(error instanceof Refusal)) throw error;
      });
    await ground.box.idle();
    expect(inBox(ground.box.account)).toEqual(await onDisk(ground.root));
  },
);
