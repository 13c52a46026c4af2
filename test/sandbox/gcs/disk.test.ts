import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "../../support/dice.ts";
import { expect, onTestFinished, test } from "vitest";
import { type Catalogue, openCatalogue } from "../../../sandbox/gcs/catalogue.ts";
import { plainPath } from "../../../sandbox/gcs/names.ts";
import type { SandboxGcs } from "../../../sandbox/gcs/start.ts";
import { BUCKET, type Folders, makeFolders, openSandbox, pattern, rawClient } from "./sandbox.ts";

async function filesOf({ root }: Folders): Promise<string[]> {
  const entries = await readdir(join(root, BUCKET), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, BUCKET).length + 1))
    .sort();
}

test("the lake folder holds one file an object, under its name, with its bytes", async () => {
  const folders = await makeFolders();
  const gcs = await openSandbox(folders);
  await rawClient(gcs).media("raw/ü b/1.bin", pattern(3000));
  await rawClient(gcs).media("raw/ü b/2.bin", pattern(3_000_000));
  expect(await filesOf(folders)).toEqual(["raw/ü b/1.bin", "raw/ü b/2.bin"]);
  const onDisk = await readFile(join(folders.root, BUCKET, "raw/ü b/2.bin"));
  expect(onDisk.equals(pattern(3_000_000))).toBe(true);
  expect(await readdir(join(folders.state, "staging"))).toEqual([]);
});

test("a restart finds everything again: objects, generations, deletions, buckets", async () => {
  const folders = await makeFolders();
  const before = await openSandbox(folders);
  await before.put(BUCKET, "a", "1", { key: "value" });
  await before.put(BUCKET, "a", "2", { key: "other" });
  await before.put(BUCKET, "b", "3");
  await rawClient(before).request(`${rawClient(before).objects}/b`, { method: "DELETE" });
  const [objects, history] = [await before.objects(BUCKET), await before.history(BUCKET)];
  await before.close();
  const after = await openSandbox(folders);
  expect(await after.objects(BUCKET)).toEqual(objects);
  expect(await after.history(BUCKET)).toEqual(history);
  expect(history).toHaveLength(3);
  const next = await after.put(BUCKET, "c", "4");
  expect(BigInt(next.generation)).toBeGreaterThan(BigInt(history.at(-1)?.generation ?? 0));
});

test("names that a folder cannot hold keep their bytes apart, and go when their object goes", async () => {
  const folders = await makeFolders();
  const gcs = await openSandbox(folders);
  const raw = rawClient(gcs);
  const clashing = ["plain", "plain/below", "deep/er/file", "deep/er", "deep"];
  const odd = ["trail/", "a//b", "/a", "a/../b", "../outside", "./x", "nul\0byte"];
  const reserved = [".escaped/x", ".escaped", `${"long".repeat(70)}/x`];
  const names = [...clashing, ...odd, ...reserved];
  for (const name of names) expect((await raw.media(name, `bytes of ${name}`)).status).toBe(200);
  for (const name of names)
    expect(await (await raw.get(name, "?alt=media")).text()).toBe(`bytes of ${name}`);
  expect(await filesOf(folders)).toHaveLength(names.length);
  expect(await readdir(folders.root)).toEqual([BUCKET]);
  for (const name of names)
    await raw.request(`${raw.objects}/${encodeURIComponent(name)}`, { method: "DELETE" });
  expect(await readdir(join(folders.root, BUCKET))).toEqual([]);
});

test("two names never share a path, and no path leaves the bucket", () => {
  const name = fc
    .array(fc.constantFrom("a", "b", ".", "..", "/", ".escaped", "\0", "ü", "x".repeat(300)), {
      minLength: 1,
      maxLength: 6,
    })
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(name, name, (one, other) => {
      if (one !== other) expect(plainPath(one)).not.toBe(plainPath(other));
      expect(join("/bucket", plainPath(one)).startsWith("/bucket/")).toBe(true);
      expect(join("/bucket", plainPath(one))).toBe(`/bucket/${plainPath(one)}`);
    }),
  );
});

test("an overwrite replaces the file, also when the name has to move", async () => {
  const folders = await makeFolders();
  const gcs = await openSandbox(folders);
  const raw = rawClient(gcs);
  await gcs.put(BUCKET, "a", "in the way");
  await gcs.put(BUCKET, "a/b", "first");
  await raw.request(`${raw.objects}/a`, { method: "DELETE" });
  await gcs.put(BUCKET, "a/b", "second");
  expect(await filesOf(folders)).toEqual(["a/b"]);
  expect(await readFile(join(folders.root, BUCKET, "a/b"), "utf8")).toBe("second");
});

test("what was staged for nothing is gone after a restart", async () => {
  const folders = await makeFolders();
  const before = await openSandbox(folders);
  const session = await rawClient(before).begin("open.bin");
  await rawClient(before).put(session, "bytes 0-262143/*", pattern(262_144));
  await before.close();
  await writeFile(join(folders.state, "staging", "abandoned"), "half an upload");
  await openSandbox(folders);
  expect(await readdir(join(folders.state, "staging"))).toHaveLength(1);
  expect(await filesOf(folders)).toEqual([]);
});

test("a death between the catalogue's word and the rename is made good at the next start", async () => {
  const folders = await makeFolders();
  const before = await openSandbox(folders);
  await before.put(BUCKET, "folder/born", "not in the lake yet");
  await before.put(BUCKET, "folder/dying", "already out of the lake");
  await before.close();
  const [born, dying] = inCatalogue(folders, (catalogue) => catalogue.history(BUCKET));
  const lake = join(folders.root, BUCKET, "folder");
  const staging = join(folders.state, "staging");
  await rename(join(lake, "born"), join(staging, born?.staged ?? ""));
  await rename(join(lake, "dying"), join(staging, `trash.${dying?.generation}`));

  const after = await openSandbox(folders);
  expect((await after.objects(BUCKET)).map(({ name }) => name)).toEqual(["folder/born"]);
  expect(await filesOf(folders)).toEqual(["folder/born"]);
  expect(await readFile(join(lake, "born"), "utf8")).toBe("not in the lake yet");
  expect(await readdir(staging)).toEqual([]);
});

test("a death between the object's birth and the session's end leaves the session finished", async () => {
  const folders = await makeFolders();
  const before = await openSandbox(folders);
  const session = await rawClient(before).begin("x");
  await rawClient(before).put(session, undefined, "bytes");
  await before.close();
  inCatalogue(folders, ({ db }) =>
    db.exec("update sessions set outcome = 'open', generation = null"),
  );
  const after = await openSandbox(folders);
  const status = await rawClient(after).put(session.replace(before.url, after.url), "bytes */*");
  expect(status.status).toBe(200);
  expect(await status.json()).toMatchObject({ name: "x", size: "5" });
});

test("kill -9 in the middle of uploads leaves every object whole or absent", async () => {
  const folders = await makeFolders();
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < 3; round++) {
    const { url, kill } = await spawnSandbox(folders);
    const raw = rawClient({ url } as SandboxGcs);
    const dead = { yes: false };
    const uploader = async (lane: number) => {
      for (let count = 0; !dead.yes; count++) {
        const name = `${round}/${lane}/${count}`;
        const text = `${name} `.repeat(50 + count);
        const answer = await raw.media(name, text, "&ifGenerationMatch=0");
        if (answer.status === 200) acknowledged.set(name, text);
        if (lane === 0 && count > 3) {
          const earlier = `${round}/${lane}/${count - 2}`;
          const deleted = await raw.request(`${raw.objects}/${encodeURIComponent(earlier)}`, {
            method: "DELETE",
          });
          if (deleted.status === 204) acknowledged.delete(earlier);
        }
        if (count === 40 + round) dead.yes = kill();
      }
    };
    await Promise.allSettled([0, 1, 2, 3].map(uploader));
  }

  const gcs = await openSandbox(folders);
  const objects = await gcs.objects(BUCKET);
  expect(await filesOf(folders)).toEqual(objects.map(({ name }) => name).sort());
  for (const { name, size } of objects)
    expect((await readFile(join(folders.root, BUCKET, name))).length).toBe(size);
  const live = new Set(objects.map(({ name }) => name));
  // A deletion whose answer was lost may have happened: lane 0 deletes, the others only create.
  const missing = [...acknowledged.keys()].filter((name) => !live.has(name));
  expect(missing.filter((name) => !/^\d\/0\//.test(name))).toEqual([]);
  expect(missing.length).toBeLessThanOrEqual(3);
  for (const [name, text] of acknowledged)
    if (live.has(name)) expect(await readFile(join(folders.root, BUCKET, name), "utf8")).toBe(text);
});

/** The catalogue of a sandbox that is closed. */
function inCatalogue<T>({ state }: Folders, look: (catalogue: Catalogue) => T): T {
  const catalogue = openCatalogue(join(state, "gcs.sqlite"));
  try {
    return look(catalogue);
  } finally {
    catalogue.close();
  }
}

async function spawnSandbox({ root, state }: Folders) {
  const script = join(import.meta.dirname, "child.ts");
  const child = spawn(process.execPath, [script, root, state, BUCKET], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { url: line.toString().trim(), kill: () => child.kill("SIGKILL") };
}
