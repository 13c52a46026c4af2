import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshBox, type Ground, officialClient } from "./client.ts";

const sha1 = (bytes: string) => createHash("sha1").update(bytes).digest("hex");

let ground: Ground;
beforeAll(async () => {
  ground = await freshBox({ watch: false });
});
afterAll(() => ground.remove());

const stream = (bytes: string) => Readable.from([Buffer.from(bytes)]);

async function uploaded(name: string, bytes: string, parentId = "0") {
  const client = officialClient(ground.box, "enterprise");
  const attributes = { name, parent: { id: parentId } };
  const { entries } = await client.uploads.uploadFile({ attributes, file: stream(bytes) });
  return entries![0]!;
}

async function newVersion(id: string, name: string, bytes: string, ifMatch?: string) {
  const client = officialClient(ground.box, "enterprise");
  const { entries } = await client.uploads.uploadFileVersion(
    id,
    { attributes: { name }, file: stream(bytes) },
    ifMatch === undefined ? {} : { headers: { ifMatch } },
  );
  return entries![0]!;
}

const download = async (id: string, version?: string) =>
  text(
    (await officialClient(ground.box, "enterprise").downloads.downloadFile(
      id,
      version === undefined ? {} : { queryParams: { version } },
    ))!,
  );

/** What Box's client throws for an answer that is not a success. */
const refusal = (status: number, code: string) => ({ responseInfo: { body: { status, code } } });

test("a file uploaded by the official client has its facts, its bytes and its place on the disk", async () => {
  const client = officialClient(ground.box, "enterprise");
  const made = await uploaded("hello.txt", "hello world");
  expect(made).toMatchObject({ name: "hello.txt", size: 11, etag: "0", sha1: sha1("hello world") });

  const file = await client.files.getFileById(made.id);
  expect(file.fileVersion).toMatchObject({ id: made.fileVersion!.id, sha1: sha1("hello world") });
  expect(file.parent).toMatchObject({ id: "0", name: "All Files" });
  expect(file.pathCollection).toMatchObject({ totalCount: 1, entries: [{ id: "0" }] });
  expect(await download(made.id)).toBe("hello world");
  expect(await readFile(join(ground.root, "hello.txt"), "utf8")).toBe("hello world");
});

test("every version keeps its own bytes, and the list holds the past ones alone, newest first", async () => {
  const client = officialClient(ground.box, "enterprise");
  const one = await uploaded("versions.txt", "one");
  const two = await newVersion(one.id, "versions.txt", "two");
  const three = await newVersion(one.id, "versions.txt", "three");
  expect([two.etag, three.etag]).toEqual(["1", "2"]);

  const { entries, totalCount } = await client.fileVersions.getFileVersions(one.id);
  expect(totalCount).toBe(2);
  expect(entries!.map(({ id }) => id)).toEqual([two.fileVersion!.id, one.fileVersion!.id]);
  expect(await download(one.id, one.fileVersion!.id)).toBe("one");
  expect(await download(one.id, two.fileVersion!.id)).toBe("two");
  expect(await download(one.id)).toBe("three");
});

test("a promoted version is a new one with the hash, the etag and the name of the old", async () => {
  const client = officialClient(ground.box, "enterprise");
  const one = await uploaded("promoted.txt", "one");
  await newVersion(one.id, "promoted.txt", "two");
  await client.files.updateFileById(one.id, { requestBody: { name: "renamed.txt" } });
  const body = { id: one.fileVersion!.id, type: "file_version" as const };
  const made = await client.fileVersions.promoteFileVersion(one.id, { requestBody: body });

  const file = await client.files.getFileById(one.id);
  expect(made.id).not.toBe(one.fileVersion!.id);
  expect(file).toMatchObject({ etag: "0", sha1: sha1("one"), name: "promoted.txt" });
  expect(file.fileVersion!.id).toBe(made.id);
  expect(file.sequenceId).toBe("3");
  expect((await client.fileVersions.getFileVersions(one.id)).totalCount).toBe(2);
  expect(await readFile(join(ground.root, "promoted.txt"), "utf8")).toBe("one");
});

test("a stale etag is refused with 412, a known one answered with 304", async () => {
  const made = await uploaded("etags.txt", "one");
  await newVersion(made.id, "etags.txt", "two", "0");
  await expect(newVersion(made.id, "etags.txt", "three", "0")).rejects.toMatchObject(
    refusal(412, "precondition_failed"),
  );
  const headers = {
    authorization: `Bearer ${ground.box.developerToken()}`,
    "if-none-match": "1",
  };
  expect((await fetch(`${ground.box.url}/2.0/files/${made.id}`, { headers })).status).toBe(304);
});

test("a name is taken in whatever case, and what bears it is named", async () => {
  const made = await uploaded("Report.TXT", "one");
  await expect(uploaded("report.txt", "two")).rejects.toMatchObject({
    responseInfo: {
      statusCode: 409,
      body: { code: "item_name_in_use", context_info: { conflicts: { id: made.id } } },
    },
  });
});

test.each(["", "a/b", "a\\b", ".", "..", " edge", "edge ", "tab\t", "x".repeat(256)])(
  "the name %j is refused",
  async (name) => {
    const client = officialClient(ground.box, "enterprise");
    const create = client.folders.createFolder({ name, parent: { id: "0" } });
    await expect(create).rejects.toMatchObject({ responseInfo: { statusCode: 400 } });
  },
);

test("files are renamed, moved and copied, on the disk as in Box", async () => {
  const client = officialClient(ground.box, "enterprise");
  const folder = await client.folders.createFolder({ name: "place", parent: { id: "0" } });
  const made = await uploaded("wanderer.txt", "bytes");
  await client.files.updateFileById(made.id, {
    requestBody: { name: "settled.txt", parent: { id: folder.id } },
  });
  expect(await readFile(join(ground.root, "place/settled.txt"), "utf8")).toBe("bytes");
  expect(existsSync(join(ground.root, "wanderer.txt"))).toBe(false);

  const copied = await client.files.copyFile(made.id, { name: "twin.txt", parent: { id: "0" } });
  expect(copied.id).not.toBe(made.id);
  expect(copied).toMatchObject({ etag: "0", sha1: made.sha1 });
  expect(copied.fileVersion!.id).not.toBe(made.fileVersion!.id);
  expect(await download(copied.id)).toBe("bytes");
});

test("a file moves under a new name where its old name is taken", async () => {
  const client = officialClient(ground.box, "enterprise");
  const folder = await client.folders.createFolder({ name: "crowded", parent: { id: "0" } });
  await uploaded("common.txt", "theirs", folder.id);
  const made = await uploaded("common.txt", "ours");
  const moved = await client.files.updateFileById(made.id, {
    requestBody: { name: "ours.txt", parent: { id: folder.id } },
  });
  expect(moved).toMatchObject({ name: "ours.txt", etag: "2", parent: { id: folder.id } });
  expect(await readFile(join(ground.root, "crowded/ours.txt"), "utf8")).toBe("ours");
  expect(await readFile(join(ground.root, "crowded/common.txt"), "utf8")).toBe("theirs");
});

test("a folder is copied with all that is in it, and moved and restored with unchanged ids", async () => {
  const client = officialClient(ground.box, "enterprise");
  const top = await client.folders.createFolder({ name: "top", parent: { id: "0" } });
  const sub = await client.folders.createFolder({ name: "sub", parent: { id: top.id } });
  const file = await uploaded("deep.txt", "deep", sub.id);

  const twin = await client.folders.copyFolder(top.id, { name: "twin", parent: { id: "0" } });
  const [copiedSub] = (await client.folders.getFolderItems(twin.id)).entries!;
  const [copiedFile] = (await client.folders.getFolderItems(copiedSub!.id)).entries!;
  expect(copiedFile).toMatchObject({ name: "deep.txt", sha1: file.sha1 });
  expect(copiedFile!.id).not.toBe(file.id);

  await client.folders.deleteFolderById(top.id, { queryParams: { recursive: true } });
  expect(existsSync(join(ground.root, "top"))).toBe(false);
  await expect(client.files.getFileById(file.id)).rejects.toMatchObject(refusal(404, "trashed"));

  await client.trashedFolders.restoreFolderFromTrash(top.id);
  const back = await client.files.getFileById(file.id);
  expect(back.fileVersion!.id).toBe(file.fileVersion!.id);
  expect(await readFile(join(ground.root, "top/sub/deep.txt"), "utf8")).toBe("deep");
});

test("a file in the trash shows so, without its bytes, until it is restored with its versions", async () => {
  const client = officialClient(ground.box, "enterprise");
  const made = await uploaded("trashed.txt", "one");
  await newVersion(made.id, "trashed.txt", "two");
  await client.files.deleteFileById(made.id);
  expect((await client.files.getFileById(made.id)).itemStatus).toBe("trashed");
  await expect(download(made.id)).rejects.toMatchObject({ responseInfo: { statusCode: 404 } });
  await client.trashedFiles.restoreFileFromTrash(made.id);
  expect(await download(made.id, made.fileVersion!.id)).toBe("one");

  await client.files.deleteFileById(made.id);
  await client.trashedFiles.deleteTrashedFileById(made.id);
  await expect(client.files.getFileById(made.id)).rejects.toMatchObject(refusal(404, "not_found"));
});

test("a trashed version stays listed and marked, and its bytes are refused until it is back", async () => {
  const client = officialClient(ground.box, "enterprise");
  const made = await uploaded("pruned.txt", "one");
  await newVersion(made.id, "pruned.txt", "two");
  const old = made.fileVersion!.id;
  await client.fileVersions.deleteFileVersionById(made.id, old);
  const [listed] = (await client.fileVersions.getFileVersions(made.id)).entries!;
  expect(listed!.trashedAt).toBeDefined();
  await expect(download(made.id, old)).rejects.toMatchObject({ responseInfo: { statusCode: 404 } });
  await client.fileVersions.updateFileVersionById(made.id, old, {
    requestBody: { trashedAt: null },
  });
  expect(await download(made.id, old)).toBe("one");
});

test("only as many past versions are kept as the plan allows", async () => {
  ground.box.faults.settings.keptVersions = 1;
  const made = await uploaded("plan.txt", "one");
  await newVersion(made.id, "plan.txt", "two");
  await newVersion(made.id, "plan.txt", "three");
  ground.box.faults.clear();
  const client = officialClient(ground.box, "enterprise");
  const { entries } = await client.fileVersions.getFileVersions(made.id);
  expect(entries!.map((version) => version.sha1)).toEqual([sha1("two")]);
});

test.each([
  ["attributes after the file", ["file", "attributes"], {}, "metadata_after_file_contents"],
  ["no attributes", ["file"], {}, "bad_request"],
  ["another hash than announced", ["attributes", "file"], { "content-md5": "0" }, "bad_digest"],
])("an upload with %s is refused", async (_, parts, headers, code) => {
  const form = new FormData();
  for (const part of parts)
    if (part === "file") form.append("file", new Blob(["bytes"]), "x");
    else form.append("attributes", JSON.stringify({ name: "x.txt", parent: { id: "0" } }));
  const response = await fetch(`${ground.box.url}/api/2.0/files/content`, {
    method: "POST",
    headers: { authorization: `Bearer ${ground.box.developerToken()}`, ...headers },
    body: form,
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code });
});

test("bytes that look like a border of the form arrive as they are", async () => {
  const bytes = `--x\r\n--${"-".repeat(30)}\r\n\r\n--`.repeat(5_000);
  const made = await uploaded("borders.txt", bytes);
  expect(made.sha1).toBe(sha1(bytes));
});

test("only the mini fields and those asked for are answered", async () => {
  const made = await uploaded("fields.txt", "one");
  const headers = { authorization: `Bearer ${ground.box.developerToken()}` };
  const get = async (path: string) =>
    Object.keys(
      (await (await fetch(`${ground.box.url}/2.0${path}`, { headers })).json()) as object,
    );
  expect((await get(`/files/${made.id}?fields=size,nonsense`)).toSorted()).toEqual(
    ["etag", "file_version", "id", "name", "sequence_id", "sha1", "size", "type"].toSorted(),
  );
  expect(await get(`/files/${made.id}`)).toContain("path_collection");
});

test("an id that is none is 405, a token that is none 401", async () => {
  const ask = (path: string, token: string) =>
    fetch(`${ground.box.url}/2.0${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect((await ask("/files/abc", ground.box.developerToken())).status).toBe(405);
  const refused = await ask("/files/1", "nonsense");
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer .*error="invalid_token"/);
});

test("who asks is told who they are, with the enterprise on request", async () => {
  const { box } = ground;
  const service = await officialClient(box, "enterprise").users.getUserMe({
    fields: ["enterprise", "login"],
  });
  expect(service).toMatchObject({
    id: box.ccg.serviceUserId,
    login: expect.stringMatching(/^AutomationUser_.*@boxdevedition\.com$/),
    enterprise: { id: box.ccg.enterpriseId },
  });
  expect((await officialClient(box, "user").users.getUserMe()).id).toBe(box.ccg.userId);
});
