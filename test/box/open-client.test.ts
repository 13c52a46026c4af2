import { FoldersManager } from "box-typescript-sdk-gen/managers";
import { NetworkSession } from "box-typescript-sdk-gen/networking";
import { describe, expect, it } from "vitest";

import { fileId, folderId, ROOT_FOLDER, versionId } from "../../src/core/ids.ts";
import { readAll } from "./box-server.ts";
import { startBox } from "./client-box.ts";
import { fixtureText } from "./fixtures.ts";

const FILE = fileId("400001");
const FOLDER = folderId("300002");

const ancestors = [
  { folderId: "0", name: "All Files" },
  { folderId: "300001", name: "Assays" },
];

describe("who we are", () => {
  it("is read with the enterprise, and without one for a personal account", async () => {
    const lab = await startBox({ "GET /2.0/users/me": "user" });
    expect(await lab.client.whoAmI()).toEqual({
      userId: "20000001",
      login: "mika.rietveld@lab.example",
      name: "Mika Rietveld",
      enterpriseId: "900001",
    });
    expect(lab.asked()).toMatchObject({ fields: "id,login,name,enterprise" });
    expect(lab.calls).toEqual(["user 200"]);
    const personal = await startBox({ "GET /2.0/users/me": { id: "7", enterprise: null } });
    expect(await personal.client.whoAmI()).toMatchObject({ userId: "7", enterpriseId: undefined });
  });

  it("is unauthorized when Box refuses the token", async () => {
    const { client } = await startBox({ "GET /2.0/users/me": 401 });
    await expect(client.whoAmI()).rejects.toMatchObject({ kind: "unauthorized" });
  });
});

describe("a file", () => {
  it("comes with its place and its current version", async () => {
    const { client, asked } = await startBox({ "GET /2.0/files/400001": "file" });
    expect(await client.file(FILE)).toEqual({
      fileId: "400001",
      name: "plate 7 – München.csv",
      etag: "4",
      parentId: "300002",
      ancestors: [...ancestors, { folderId: "300002", name: "Plates 96" }],
      sequence: "4",
      trashed: false,
      version: {
        versionId: "500002",
        sha1: "89e6c98d92887913cadf06b2adb97f26cde4849b",
        sizeBytes: 48999,
        name: "plate 7 – München.csv",
        uploadedBy: { id: "20000001", login: "mika.rietveld@lab.example", name: "Mika Rietveld" },
        createdAt: new Date("2026-03-05T18:00:00Z"),
        contentCreatedAt: new Date("2026-02-28T01:10:00Z"),
        contentModifiedAt: new Date("2026-02-28T01:12:30Z"),
      },
    });
    expect(asked()).toMatchObject({
      path: "/2.0/files/400001",
      fields: expect.stringContaining("path_collection"),
    });
  });

  it("asks for every field that it reads", async () => {
    const { client, asked } = await startBox({ "GET /2.0/files/400001": "file" });
    await client.file(FILE);
    const file = JSON.parse(fixtureText("file")) as Record<string, unknown>;
    const { fields } = asked() as unknown as { fields: string };
    const answered = Object.fromEntries(fields.split(",").map((name) => [name, file[name]]));
    const pruned = await startBox({ "GET /2.0/files/400001": answered });
    expect(await pruned.client.file(FILE)).toEqual(await client.file(FILE));
  });

  it("that is gone is absent, on 404 and 410", async () => {
    for (const status of [404, 410]) {
      const { client } = await startBox({ "GET /2.0/files/400001": status });
      expect(await client.file(FILE)).toBeUndefined();
    }
  });

  it("answered with nothing or with something else is not taken for gone", async () => {
    for (const answer of [{}, [], { type: "folder", id: "400001" }, 200]) {
      const { client } = await startBox({ "GET /2.0/files/400001": answer });
      await expect(client.file(FILE)).rejects.toMatchObject({ kind: "transient" });
    }
  });

  it("refused otherwise throws what Box said", async () => {
    for (const [status, kind] of [
      [403, "forbidden"],
      [429, "throttled"],
      [503, "transient"],
    ] as const) {
      const { client } = await startBox({ "GET /2.0/files/400001": status });
      await expect(client.file(FILE)).rejects.toMatchObject({ kind, status });
    }
  });

  it("stops with the caller's signal", async () => {
    const { client } = await startBox({ "GET /2.0/files/400001": "file" });
    const stopped = AbortSignal.abort();
    await expect(client.file(FILE, stopped)).rejects.toMatchObject({ kind: "stopped" });
  });
});

describe("a folder", () => {
  it("comes with the way down to it", async () => {
    const { client } = await startBox({ "GET /2.0/folders/300002": "folder" });
    expect(await client.folder(FOLDER)).toEqual({
      folderId: "300002",
      name: "Plates 96",
      parentId: "300001",
      ancestors,
      trashed: false,
    });
  });

  it("tells whose it is and whether it may be downloaded from, where Box says so, but not of the root", async () => {
    const said = { is_externally_owned: true, permissions: { can_download: false } };
    const { client, seen } = await startBox(({ path }) => {
      const id = path.startsWith("/2.0/folders/0") ? ROOT_FOLDER : FOLDER;
      return { type: "folder", id, name: "CRO", ...said };
    });
    expect(await client.folder(FOLDER)).toMatchObject({ isExternal: true, mayDownload: false });
    const root = await client.folder(ROOT_FOLDER);
    expect([root?.isExternal, root?.mayDownload]).toEqual([undefined, undefined]);
    for (const field of Object.keys(said)) expect(JSON.stringify(seen)).toContain(field);
  });

  it("that is gone is absent", async () => {
    const { client } = await startBox({});
    expect(await client.folder(FOLDER)).toBeUndefined();
  });

  const listing = "GET /2.0/folders/300002/items";

  it("is listed by marker, and one odd row harms no other", async () => {
    const { client, asked } = await startBox({ [listing]: "folder-items" });
    const page = await client.folderItems(FOLDER, undefined);
    expect(page).toMatchObject({
      files: [
        { fileId: "400001", ancestors: undefined, version: { versionId: "500001" } },
        { fileId: "400002", version: undefined },
      ],
      folders: [
        { folderId: "300003", name: "Raw" },
        { folderId: "300004", name: "Numbered" },
      ],
      others: 3,
      nextMarker: "bWFya2Vy",
    });
    expect(asked()).toMatchObject({ usemarker: "true", limit: "1000" });
    expect(asked()).not.toHaveProperty("marker");
    expect(asked().path).toBe("/2.0/folders/300002/items");
  });

  it("would not be listed at all by the SDK's own reading of that page", async () => {
    const data = JSON.parse(fixtureText("folder-items")) as Record<string, string>;
    const networkClient = { fetch: async () => ({ status: 200, headers: {}, data }) };
    const networkSession = new NetworkSession({ networkClient });
    await expect(new FoldersManager({ networkSession }).getFolderItems("1")).rejects.toThrow();
  });

  it.each([null, "", undefined])("ends at next_marker %o", async (next_marker) => {
    const { client } = await startBox({ [listing]: { entries: [], next_marker } });
    const page = await client.folderItems(FOLDER, "m+/=&");
    expect(page).toEqual({ files: [], folders: [], others: 0, nextMarker: undefined });
  });

  it("passes a marker on as it came, and says when Box no longer knows it", async () => {
    const { client, asked } = await startBox({ [listing]: 400 });
    const listed = client.folderItems(FOLDER, "m+/=&");
    await expect(listed).rejects.toMatchObject({ kind: "invalid" });
    expect(asked()).toMatchObject({ marker: "m+/=&" });
  });

  it("that is gone, or answers no list, throws rather than looks empty", async () => {
    const gone = await startBox({});
    const listed = gone.client.folderItems(FOLDER, undefined);
    await expect(listed).rejects.toMatchObject({ kind: "not_found" });
    for (const answer of [{}, 200, { entries: {} }]) {
      const { client } = await startBox({ [listing]: answer });
      const odd = client.folderItems(FOLDER, undefined);
      await expect(odd).rejects.toMatchObject({ kind: "transient" });
    }
  });
});

describe("the events", () => {
  const events = "GET /2.0/events";

  it("come unread, with positions exact whether Box writes numbers or text", async () => {
    const numbers = await startBox({ [events]: "events-changes" });
    const page = await numbers.client.events("changes", "1152922976252290885");
    expect(page.entries).toHaveLength(6);
    expect(page.nextPosition).toBe("1152922976252290886");
    expect(numbers.asked()).toEqual({
      path: "/2.0/events",
      stream_type: "changes",
      stream_position: "1152922976252290885",
      limit: "500",
    });
    const texts = await startBox({ [events]: "events-enterprise" });
    const { nextPosition } = await texts.client.events("admin_logs_streaming", "now");
    expect(nextPosition).toBe("1152922976252290999");
    expect(texts.asked()).toMatchObject({ stream_position: "now" });
  });

  it.each([undefined, null, "", 1.5, {}])("with position %o have none", async (position) => {
    const { client } = await startBox({
      [events]: { entries: [], next_stream_position: position },
    });
    const { nextPosition } = await client.events("changes", "5");
    expect(nextPosition).toBeUndefined();
  });

  it("with position 0 say so: it is not for us to judge", async () => {
    for (const position of [0, "0"]) {
      const { client } = await startBox({
        [events]: { entries: [], next_stream_position: position },
      });
      expect((await client.events("changes", "5")).nextPosition).toBe("0");
    }
  });

  it("without a list never move the position", async () => {
    for (const answer of [{ next_stream_position: "9" }, 200]) {
      const { client } = await startBox({ [events]: answer });
      const page = client.events("changes", "5");
      await expect(page).rejects.toMatchObject({ kind: "transient" });
    }
  });
});

describe("a download", () => {
  it("is opened through the same account", async () => {
    const { client, calls } = await startBox({ "GET /2.0/files/400001/content": { raw: 1 } });
    const bytes = await readAll(await client.download(FILE, versionId("500001")));
    expect(bytes.toString()).toBe('{"raw":1}');
    expect(calls).toEqual(["download 200"]);
  });
});
