import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { Role } from "../../../sandbox/box/access.ts";
import type { Item } from "../../../sandbox/box/items.ts";
import { startBox } from "../../../sandbox/box/start.ts";
import { freshBox, type Ground, officialClient } from "./client.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await freshBox({ watch: false });
});
afterAll(() => ground.remove());

const account = () => ground.box.account;

async function ask(path: string, userId?: string) {
  const headers = { authorization: `Bearer ${ground.box.developerToken(userId)}` };
  const response = await fetch(`${ground.box.url}/2.0${path}`, { headers, redirect: "manual" });
  const text = await response.text();
  return {
    status: response.status,
    body: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown> & { entries: Item[] },
  };
}

let folders = 0;
async function filled(names: string[]) {
  const folder = await account().createFolder({ parentId: "0", name: `folder ${++folders}` });
  for (const name of names) await account().upload({ parentId: folder.id, name, bytes: name });
  return folder;
}

const names = (entries: readonly { name?: string }[]) => entries.map(({ name }) => name);

test("a parameter that is asked for with a capital, as Box's Python client writes it, is asked for", async () => {
  const folder = await filled(["a"]);
  const page = await ask(`/folders/${folder.id}/items?usemarker=True&marker=`);
  expect(page.body).toMatchObject({ next_marker: "" });
  expect(page.body).not.toHaveProperty("total_count");
  const headers = { authorization: `Bearer ${ground.box.developerToken()}` };
  const url = `${ground.box.url}/2.0/folders/${folder.id}?recursive=True`;
  expect((await fetch(url, { method: "DELETE", headers })).status).toBe(204);
});

test("by offset a folder is sorted as it is asked for, folders before files", async () => {
  const folder = await filled(["aaa", "c", "bb"]);
  await account().createFolder({ parentId: folder.id, name: "z" });
  const sorted = async (query: string) =>
    names((await ask(`/folders/${folder.id}/items?${query}`)).body.entries);
  expect(await sorted("")).toEqual(["z", "aaa", "bb", "c"]);
  expect(await sorted("direction=DESC")).toEqual(["z", "c", "bb", "aaa"]);
  expect(await sorted("sort=size&direction=ASC")).toEqual(["z", "c", "bb", "aaa"]);
  const { body } = await ask(`/folders/${folder.id}/items?sort=date&direction=DESC`);
  expect(body["order"]).toEqual([
    { by: "type", direction: "ASC" },
    { by: "date", direction: "DESC" },
  ]);
  expect((await ask(`/folders/${folder.id}/items?sort=colour`)).status).toBe(400);
});

test("an id in a body may be a number", async () => {
  const folder = await filled([]);
  const response = await fetch(`${ground.box.url}/2.0/folders`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${ground.box.developerToken()}`,
      "content-type": "application/json",
    },
    body: `{"name":"below","parent":{"id":${folder.id}}}`,
  });
  expect(response.status).toBe(201);
  expect(await response.json()).toMatchObject({ name: "below", parent: { id: folder.id } });
});

test("by marker every item comes once, folders first, without a count, to an end without marker", async () => {
  const folder = await filled(["b", "C", "a"]);
  await account().createFolder({ parentId: folder.id, name: "z" });
  const client = officialClient(ground.box, "enterprise");
  const seen: (string | undefined)[] = [];
  let marker: string | undefined;
  do {
    const queryParams = { usemarker: true, limit: 2, ...(marker ? { marker } : {}) };
    const page = await client.folders.getFolderItems(folder.id, { queryParams });
    expect(page.totalCount).toBeUndefined();
    seen.push(...names(page.entries as unknown as { name?: string }[]));
    marker = page.nextMarker ?? undefined;
  } while (marker);
  expect(seen).toEqual(["z", "a", "b", "C"]);
});

test("by offset a page tells the count; without fields its rows are mini", async () => {
  const folder = await filled(["a", "b", "c"]);
  const { body } = await ask(`/folders/${folder.id}/items?limit=2&offset=1`);
  expect(body).toMatchObject({ total_count: 3, limit: 2, offset: 1 });
  expect(names(body.entries)).toEqual(["b", "c"]);
  expect(body.entries[0]).not.toHaveProperty("size");
  const more = await ask(`/folders/${folder.id}/items?fields=size`);
  expect(more.body.entries[0]).toMatchObject({ size: 1, etag: "0" });
});

test.each([
  "usemarker=true&marker=nonsense",
  "usemarker=true&offset=1",
  "marker=abc",
  "offset=10001",
  "limit=many",
])("the listing %s is refused with 400", async (query) => {
  const folder = await filled([]);
  const { status, body } = await ask(`/folders/${folder.id}/items?${query}`);
  expect({ status, code: body["code"] }).toEqual({ status: 400, code: "bad_request" });
});

test("a marker of another folder is refused", async () => {
  const [one, two] = [await filled(["a", "b"]), await filled(["a", "b"])];
  const { body } = await ask(`/folders/${one.id}/items?usemarker=true&limit=1`);
  const marker = String(body["next_marker"]);
  expect((await ask(`/folders/${two.id}/items?usemarker=true&marker=${marker}`)).status).toBe(400);
  expect((await ask(`/folders/${one.id}/items?usemarker=true&marker=${marker}`)).status).toBe(200);
});

test("pages may be shorter than asked for, and markers forgotten: the listing begins again then", async () => {
  const folder = await filled(["a", "b", "c"]);
  const { faults } = ground.box;
  onTestFinished(() => faults.clear());
  faults.settings.rowsAPage = 2;
  const items = `/folders/${folder.id}/items?usemarker=true&limit=1000`;
  const { body } = await ask(items);
  expect(names(body.entries)).toEqual(["a", "b"]);
  const rest = `${items}&marker=${String(body["next_marker"])}`;
  faults.arm({ kind: "folder_items", path: /[?&]marker=/, effect: { type: "forget" } });
  expect((await ask(items)).status).toBe(200);
  expect(await ask(rest)).toMatchObject({ status: 400, body: { code: "bad_request" } });
  expect(names((await ask(rest)).body.entries)).toEqual(["c"]);
});

test("a folder holds its first 100 items, and sorting the root by marker is refused", async () => {
  const folder = await filled(["a"]);
  const { body } = await ask(`/folders/${folder.id}`);
  expect(body).toMatchObject({
    id: folder.id,
    item_collection: { total_count: 1, limit: 100, entries: [{ name: "a" }] },
    path_collection: { total_count: 1, entries: [{ id: "0", etag: null, sequence_id: null }] },
  });
  expect((await ask("/folders/0/items?usemarker=true&sort=name")).status).toBe(400);
});

test("a folder that is not empty is deleted only recursively, the root never", async () => {
  const folder = await filled(["a"]);
  const remove = async (path: string) => {
    const headers = { authorization: `Bearer ${ground.box.developerToken()}` };
    return (await fetch(`${ground.box.url}/2.0${path}`, { method: "DELETE", headers })).status;
  };
  expect(await remove(`/folders/${folder.id}`)).toBe(400);
  expect(await remove(`/folders/${folder.id}?recursive=true`)).toBe(204);
  expect(await remove("/folders/0?recursive=true")).toBe(403);
});

test("a folder cannot be moved or copied into itself", async () => {
  const outer = await filled([]);
  const inner = await account().createFolder({ parentId: outer.id, name: "inner" });
  const refused = { code: "cyclical_folder_structure" };
  await expect(account().move(outer, inner.id)).rejects.toMatchObject(refused);
  await expect(account().copy({ ...outer, parentId: inner.id })).rejects.toMatchObject(refused);
});

test("a collaborator sees what was shared, at the top of their own tree, and nothing else", async () => {
  const { userId } = ground.box.ccg;
  const top = async () =>
    names((await ask("/folders/0/items?usemarker=true", userId)).body.entries);
  const before = await top();
  const shared = await filled(["in.txt"]);
  const hidden = await filled([]);
  const deep = await account().createFolder({ parentId: shared.id, name: "deep" });
  expect((await ask(`/folders/${shared.id}`, userId)).status).toBe(404);

  await officialClient(ground.box, "enterprise").userCollaborations.createCollaboration({
    item: { type: "folder", id: shared.id },
    accessibleBy: { type: "user", id: userId },
    role: "viewer",
  });
  expect((await top()).filter((name) => !before.includes(name))).toEqual([shared.name]);
  expect((await ask(`/folders/${shared.id}`, userId)).body).toMatchObject({ parent: null });
  expect((await ask(`/folders/${deep.id}`, userId)).body).toMatchObject({
    parent: { id: shared.id },
    path_collection: { entries: [{ id: "0" }, { id: shared.id }] },
  });
  expect((await ask(`/folders/${hidden.id}`, userId)).status).toBe(404);
});

test.each<[Role, number, number]>([
  ["previewer", 403, 403],
  ["viewer", 302, 403],
  ["editor", 302, 201],
])("a %s gets %i for a download and %i for a new folder", async (role, download, create) => {
  const { userId } = ground.box.ccg;
  const folder = await filled(["a"]);
  await account().collaborate({ ...folder, userId, role });
  const [file] = account().list(folder.id);
  expect((await ask(`/files/${file!.id}/content`, userId)).status).toBe(download);
  const response = await fetch(`${ground.box.url}/2.0/folders`, {
    method: "POST",
    headers: { authorization: `Bearer ${ground.box.developerToken(userId)}` },
    body: JSON.stringify({ name: "new", parent: { id: folder.id } }),
  });
  expect(response.status).toBe(create);
});

test("a new collaboration is told to the owner, and later changes to both", async () => {
  const { userId } = ground.box.ccg;
  const folder = await filled([]);
  const typesFor = async (user?: string) => {
    const { body } = await ask("/events?stream_type=changes&limit=500", user);
    const events = body.entries as unknown as { event_type: string; source: { id: string } }[];
    return events.filter(({ source }) => source.id === folder.id).map((one) => one.event_type);
  };
  await account().collaborate({ ...folder, userId, role: "viewer" });
  expect(await typesFor()).toEqual(["ITEM_CREATE", "COLLAB_ADD_COLLABORATOR"]);
  expect(await typesFor(userId)).toEqual([]);
  await account().rename(folder, "renamed after sharing");
  expect(await typesFor(userId)).toEqual(["ITEM_RENAME"]);
});

test("a state folder inside the account's tree is refused", async () => {
  const start = startBox({ root: ground.root, state: `${ground.root}/state` });
  await expect(start).rejects.toThrow(/outside/);
});

test("a large folder is answered for while its copy is empty, is filled without a word, and refuses changes meanwhile", async () => {
  const { faults } = ground.box;
  onTestFinished(() => faults.clear());
  const from = await filled(["a", "b", "c"]);
  const inner = await account().createFolder({ parentId: from.id, name: "inner" });
  await account().upload({ parentId: inner.id, name: "d", bytes: "d" });
  faults.settings.copying = { atOnce: 4, pauseMs: 50 };
  try {
    const made = await account().copy({ ...from, parentId: "0", name: "large copy" });
    expect(account().list(made.id)).toEqual([]);
    const blocked = { status: 409, code: "operation_blocked_temporary" };
    const parentId = made.id;
    await expect(account().upload({ parentId, name: "x", bytes: "x" })).rejects.toMatchObject(
      blocked,
    );
    await expect(account().rename(from, "other")).rejects.toMatchObject(blocked);
    await ground.box.idle();
    expect(names(account().list(made.id))).toEqual(["inner", "a", "b", "c"]);
    expect(names(account().list(account().list(made.id)[0]!.id))).toEqual(["d"]);
    expect(await account().rename(from, "other")).toMatchObject({ name: "other" });
  } finally {
    faults.settings.copying = { atOnce: 500, pauseMs: 0 };
  }
});
