import { existsSync } from "node:fs";
import {
  appendFile,
  link,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshBox, type Ground } from "./client.ts";

let ground: Ground;
let logged: string[];
beforeEach(async () => {
  logged = [];
  ground = await freshBox({ log: (line) => void logged.push(line) });
});
afterEach(() => ground.remove());

const at = (...names: string[]) => join(ground.root, ...names);
const account = () => ground.box.account;

/** What happened since the last time, as the owner's feed tells it. */
let position = "0";
beforeEach(() => void (position = "0"));
async function told(): Promise<string[]> {
  await ground.box.idle();
  const headers = { authorization: `Bearer ${ground.box.developerToken()}` };
  const query = `stream_type=changes&limit=500&stream_position=${position}`;
  const text = await (await fetch(`${ground.box.url}/2.0/events?${query}`, { headers })).text();
  position = /"next_stream_position":(\d+)/.exec(text)![1]!;
  const { entries } = JSON.parse(text) as {
    entries: { event_type: string; source: { name: string } }[];
  };
  return entries.map(({ event_type, source }) => `${event_type} ${source.name}`);
}

const contents = (fileId: string) =>
  Promise.all(
    account()
      .versions(fileId)
      .map(({ sha1 }) =>
        readFile(join(ground.root, "..", "state", "content", sha1.slice(0, 2), sha1), "utf8"),
      ),
  );

test("a saved file becomes an upload; written again, a new version of the same file", async () => {
  await writeFile(at("a.txt"), "one");
  expect(await told()).toEqual(["ITEM_UPLOAD a.txt"]);
  const file = account().at("a.txt")!;
  await writeFile(at("a.txt"), "two");
  expect(await told()).toEqual(["ITEM_UPLOAD a.txt"]);
  await appendFile(at("a.txt"), "!");
  expect(await told()).toEqual(["ITEM_UPLOAD a.txt"]);
  expect(account().at("a.txt")!.id).toBe(file.id);
  expect(await contents(file.id)).toEqual(["two!", "two", "one"]);
});

test("an empty file is an upload like any other", async () => {
  await writeFile(at("empty"), "");
  expect(await told()).toEqual(["ITEM_UPLOAD empty"]);
  expect(account().versions(account().at("empty")!.id)).toMatchObject([
    { size: 0, sha1: "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
  ]);
});

test("a file that was only touched, or saved with the same content, has no new version", async () => {
  await writeFile(at("a.txt"), "one");
  await told();
  await utimes(at("a.txt"), new Date(), new Date());
  expect(await told()).toEqual([]);
  await writeFile(at("a.txt"), "one");
  expect(await told()).toEqual([]);
});

test("a file replaced by renaming another over it is a new version of the same file", async () => {
  await writeFile(at("a.txt"), "one");
  await told();
  const { id } = account().at("a.txt")!;
  await writeFile(join(ground.root, "..", "draft"), "two");
  await rename(join(ground.root, "..", "draft"), at("a.txt"));
  expect(await told()).toEqual(["ITEM_UPLOAD a.txt"]);
  expect(account().at("a.txt")!.id).toBe(id);
});

test("a saved draft renamed over a known file is a version of that file, and the draft is gone", async () => {
  await writeFile(at("a.txt"), "one");
  await writeFile(at("a.txt.tmp"), "two");
  await told();
  const { id } = account().at("a.txt")!;
  await rename(at("a.txt.tmp"), at("a.txt"));
  expect((await told()).toSorted()).toEqual(["ITEM_TRASH a.txt.tmp", "ITEM_UPLOAD a.txt"]);
  expect(await contents(id)).toEqual(["two", "one"]);
});

test("a renamed or moved file stays the same file", async () => {
  await writeFile(at("a.txt"), "one");
  await mkdir(at("folder"));
  await told();
  const { id } = account().at("a.txt")!;
  await rename(at("a.txt"), at("b.txt"));
  expect(await told()).toEqual(["ITEM_RENAME b.txt"]);
  await rename(at("b.txt"), at("folder", "c.txt"));
  expect(await told()).toEqual(["ITEM_MOVE b.txt", "ITEM_RENAME c.txt"]);
  await rename(at("folder", "c.txt"), at("folder", "C.TXT"));
  expect(await told()).toEqual(["ITEM_RENAME C.TXT"]);
  expect(account().at("folder/C.TXT")!.id).toBe(id);
  expect(account().versions(id)).toHaveLength(1);
});

test("a moved folder is one move, whatever is in it", async () => {
  await mkdir(at("one", "deep"), { recursive: true });
  await mkdir(at("two"));
  await writeFile(at("one", "deep", "a.txt"), "a");
  await told();
  const [folder, file] = [account().at("one")!, account().at("one/deep/a.txt")!];
  await rename(at("one"), at("two", "one"));
  expect(await told()).toEqual(["ITEM_MOVE one"]);
  expect(account().at("two/one")!.id).toBe(folder.id);
  expect(account().at("two/one/deep/a.txt")!.id).toBe(file.id);
  await appendFile(at("two", "one", "deep", "a.txt"), "!");
  expect(await told()).toEqual(["ITEM_UPLOAD a.txt"]);
});

test("a deleted file and a deleted folder are trashed, the folder once", async () => {
  await mkdir(at("folder", "deep"), { recursive: true });
  for (const name of ["a", "b", "deep/c"]) await writeFile(at("folder", name), name);
  await writeFile(at("alone"), "x");
  await told();
  await rm(at("alone"));
  expect(await told()).toEqual(["ITEM_TRASH alone"]);
  await rm(at("folder"), { recursive: true });
  expect(await told()).toEqual(["ITEM_TRASH folder"]);
  expect(account().list()).toEqual([]);
});

test("a file deleted and another saved in its place under another name are two files", async () => {
  await writeFile(at("a.txt"), "one");
  await told();
  const { id } = account().at("a.txt")!;
  await rm(at("a.txt"));
  await writeFile(at("b.txt"), "two");
  expect((await told()).toSorted()).toEqual(["ITEM_TRASH a.txt", "ITEM_UPLOAD b.txt"]);
  expect(account().at("b.txt")!.id).not.toBe(id);
});

test("a folder deleted and made again under its name is another, with nothing of the old", async () => {
  await mkdir(at("folder"));
  await writeFile(at("folder", "old"), "old");
  await told();
  const { id } = account().at("folder")!;
  await rm(at("folder"), { recursive: true });
  expect(await told()).toEqual(["ITEM_TRASH folder"]);
  await mkdir(at("folder"));
  await writeFile(at("folder", "new"), "new");
  expect(await told()).toEqual(["ITEM_CREATE folder", "ITEM_UPLOAD new"]);
  expect(account().at("folder")!.id).not.toBe(id);
  expect(
    account()
      .list(id)
      .map(({ name }) => name),
  ).toEqual(["old"]);
});

test("an editor's way of keeping the old content beside the new leaves the file the same", async () => {
  await writeFile(at("a.txt"), "one");
  await told();
  const { id } = account().at("a.txt")!;
  await rename(at("a.txt"), at("a.txt~"));
  await writeFile(at("a.txt"), "two");
  expect((await told()).toSorted()).toEqual(["ITEM_UPLOAD a.txt", "ITEM_UPLOAD a.txt~"]);
  expect(account().at("a.txt")!.id).toBe(id);
  expect(await contents(id)).toEqual(["two", "one"]);
});

test("a second name for the same bytes on the disk is a file of its own", async () => {
  await writeFile(at("a.txt"), "one");
  await told();
  await link(at("a.txt"), at("b.txt"));
  expect(await told()).toEqual(["ITEM_UPLOAD b.txt"]);
  expect(account().at("a.txt")!.id).not.toBe(account().at("b.txt")!.id);
});

test("a file that becomes a folder is trashed, and the folder is new", async () => {
  await writeFile(at("thing"), "one");
  await told();
  await rm(at("thing"));
  await mkdir(at("thing"));
  await writeFile(at("thing", "in"), "two");
  expect(await told()).toEqual(["ITEM_TRASH thing", "ITEM_CREATE thing", "ITEM_UPLOAD in"]);
});

test("what the API changes lies on the disk and comes back as nothing new", async () => {
  const folder = await account().createFolder({ parentId: "0", name: "made" });
  const { file } = await account().upload({ parentId: folder.id, name: "a.txt", bytes: "one" });
  await account().uploadVersion({ fileId: file.id, bytes: "two" });
  await account().rename(file, "b.txt");
  await account().copy({ ...folder, parentId: "0", name: "copied" });
  await account().trash(folder);
  await account().restore(folder);
  expect(await told()).toEqual([
    "ITEM_CREATE made",
    "ITEM_UPLOAD a.txt",
    "ITEM_UPLOAD a.txt",
    "ITEM_RENAME b.txt",
    "ITEM_COPY copied",
    "ITEM_TRASH made",
    "ITEM_UNDELETE_VIA_TRASH made",
  ]);
  expect(await told()).toEqual([]);
  expect(await readFile(at("made", "b.txt"), "utf8")).toBe("two");
  expect(await readFile(at("copied", "b.txt"), "utf8")).toBe("two");
});

test("an upload over the API does not overwrite a file that was saved a moment ago", async () => {
  await ground.box.idle();
  await writeFile(at("a.txt"), "precious");
  const upload = account().upload({ parentId: "0", name: "a.txt", bytes: "other" });
  await expect(upload).rejects.toMatchObject({ status: 409 });
  expect(await told()).toEqual(["ITEM_UPLOAD a.txt"]);
  expect(await readFile(at("a.txt"), "utf8")).toBe("precious");
});

test("a version keeps its bytes when the file on the disk changes", async () => {
  await writeFile(at("a.txt"), "one");
  await told();
  const { id } = account().at("a.txt")!;
  await writeFile(at("a.txt"), "another");
  await told();
  await rm(at("a.txt"));
  await told();
  expect(await contents(id)).toEqual(["another", "one"]);
});

test("what happened while the sandbox was down is noticed at the next start", async () => {
  await mkdir(at("keep"));
  for (const name of ["same", "changed", "touched", "moved", "gone"])
    await writeFile(at(name), name);
  await told();
  await ground.stop();

  await writeFile(at("changed"), "changed!");
  await utimes(at("touched"), new Date(), new Date());
  await rename(at("moved"), at("keep", "moved"));
  await rm(at("gone"));
  await writeFile(at("new"), "new");
  await ground.restart();
  expect((await told()).toSorted()).toEqual([
    "ITEM_MOVE moved",
    "ITEM_TRASH gone",
    "ITEM_UPLOAD changed",
    "ITEM_UPLOAD new",
  ]);
});

test("what Box cannot name, and what is neither file nor folder, is left alone and said", async () => {
  await writeFile(at("back\\slash"), "x");
  await writeFile(at(" edge"), "x");
  await symlink("nowhere", at("link"));
  await writeFile(at("fine"), "x");
  expect(await told()).toEqual(["ITEM_UPLOAD fine"]);
  expect(logged.filter((line) => line.startsWith("Box cannot hold")).length).toBe(3);
});

test("of two names that differ only in case Box holds the first", async () => {
  await writeFile(at("a.txt"), "one");
  await told();
  await writeFile(at("A.TXT"), "two");
  if (!existsSync(at("A.TXT")) || (await readFile(at("a.txt"), "utf8")) === "two") return;
  expect(await told()).toEqual([]);
  await rm(at("a.txt"));
  expect((await told()).toSorted()).toEqual(["ITEM_TRASH a.txt", "ITEM_UPLOAD A.TXT"]);
});

test("many files dropped at once are all taken in, each once", async () => {
  const names = Array.from({ length: 1_000 }, (_, i) => `file-${i}.txt`);
  await mkdir(at("drop"));
  await Promise.all(names.map((name) => writeFile(at("drop", name), name)));
  const events = await told();
  expect(events.length).toBe(500);
  expect((await told()).length).toBe(500);
  expect((await told()).length).toBe(1);
  const folder = account().at("drop")!;
  expect(account().list(folder.id)).toHaveLength(1_000);
});
