import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { freshBox, type Ground, officialClient } from "./client.ts";

let ground: Ground;
beforeEach(async () => {
  ground = await freshBox({ watch: false });
});
afterEach(() => ground.remove());

const account = () => ground.box.account;

interface Page {
  chunk_size: number;
  entries: Record<string, unknown>[];
  /** As it stands in the text: a double would not hold it. */
  position: string;
}

async function tokenOf(subject: "enterprise" | "user"): Promise<string> {
  const { clientId, clientSecret, enterpriseId, userId } = ground.box.ccg;
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
    box_subject_type: subject,
    box_subject_id: subject === "user" ? userId : enterpriseId,
  });
  const response = await fetch(`${ground.box.url}/oauth2/token`, { method: "POST", body });
  return ((await response.json()) as { access_token: string }).access_token;
}

async function events(
  query: Record<string, string>,
  subject: "enterprise" | "user" = "enterprise",
): Promise<Page> {
  const headers = { authorization: `Bearer ${await tokenOf(subject)}` };
  const url = `${ground.box.url}/2.0/events?${new URLSearchParams(query).toString()}`;
  const response = await fetch(url, { headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text}`);
  const position = /"next_stream_position":"?(\d+)"?/.exec(text)![1]!;
  return { ...(JSON.parse(text) as Page), position };
}

const types = (page: Page) => page.entries.map((entry) => entry["event_type"]);

test("positions lie above 2^53, and reading from one gives exactly what came after it", async () => {
  const { position: start } = await events({ stream_position: "now", stream_type: "changes" });
  expect(BigInt(start)).toBeGreaterThan(2n ** 53n);
  const files = [];
  for (const name of ["a", "b", "c"])
    files.push(await account().upload({ parentId: "0", name, bytes: name }));

  const seen: unknown[] = [];
  let position = start;
  for (;;) {
    const page = await events({ stream_position: position, stream_type: "changes", limit: "1" });
    if (page.entries.length === 0) break;
    seen.push(...page.entries.map((entry) => (entry["source"] as { id: string }).id));
    position = page.position;
  }
  expect(seen).toEqual(files.map(({ file }) => file.id));
});

test("a position read as a number is beside the truth, as it is with Box", async () => {
  const { position } = await events({ stream_position: "now", stream_type: "changes" });
  expect(String(Number(position))).not.toBe(position);
});

test("the official client reads the same events", async () => {
  await account().upload({ parentId: "0", name: "a", bytes: "1" });
  const client = officialClient(ground.box, "enterprise");
  const { entries } = await client.events.getEvents({ streamType: "changes" });
  expect(entries!.map(({ eventType }) => eventType)).toEqual(["ITEM_UPLOAD"]);
});

test("a user's event holds the whole file; in the trash it has lost its place", async () => {
  const { file, version } = await account().upload({ parentId: "0", name: "a", bytes: "1" });
  await account().trash(file);
  const { entries } = await events({ stream_type: "changes" });
  expect(entries[0]).toMatchObject({
    type: "event",
    event_type: "ITEM_UPLOAD",
    created_by: { type: "user", id: ground.box.ccg.serviceUserId },
    source: {
      type: "file",
      id: file.id,
      sha1: version.sha1,
      size: 1,
      file_version: { id: version.id },
      path_collection: { total_count: 1 },
      parent: { id: "0" },
      item_status: "active",
    },
  });
  expect(entries[1]).toMatchObject({
    event_type: "ITEM_TRASH",
    source: {
      id: file.id,
      parent: null,
      item_status: "deleted",
      path_collection: { total_count: 0, entries: [] },
      trashed_at: expect.any(String),
      purged_at: expect.any(String),
    },
  });
  expect(new Set(entries.map((entry) => entry["event_id"])).size).toBe(2);
});

test("the enterprise's events have names of their own, and neither hash nor path", async () => {
  const folder = await account().createFolder({ parentId: "0", name: "here" });
  const { file } = await account().upload({ parentId: folder.id, name: "a", bytes: "12" });
  const { version } = await account().uploadVersion({ fileId: file.id, bytes: "345" });
  const page = await events({ stream_type: "admin_logs_streaming" });
  expect(types(page)).toEqual(["UPLOAD", "UPLOAD", "EDIT"]);
  expect(page.entries[2]).toMatchObject({
    source: {
      item_type: "file",
      item_id: file.id,
      item_name: "a",
      parent: { type: "folder", id: folder.id, name: "here" },
      owned_by: { id: ground.box.ccg.serviceUserId },
    },
    additional_details: { size: 3, version_id: version.id },
  });
  expect(page.entries[2]!["source"]).not.toHaveProperty("sha1");
  expect(page.entries[2]!["source"]).not.toHaveProperty("path_collection");
});

test("the enterprise's events need a token of the enterprise", async () => {
  await expect(events({ stream_type: "admin_logs_streaming" }, "user")).rejects.toThrow(/^403/);
  await expect(events({ stream_type: "admin_logs" }, "user")).rejects.toThrow(/^403/);
});

test("the history says 0 when it has nothing, and filters by type and time", async () => {
  expect(await events({ stream_type: "admin_logs" })).toMatchObject({ position: "0" });
  const { file } = await account().upload({ parentId: "0", name: "a", bytes: "1" });
  await account().rename(file, "b");
  const read = await events({ stream_type: "admin_logs", event_type: "RENAME,COPY" });
  expect(types(read)).toEqual(["RENAME"]);
  const later = await events({ stream_type: "admin_logs", created_after: "2100-01-01T00:00:00Z" });
  expect(later).toMatchObject({ entries: [], position: "0" });
  const end = await events({ stream_type: "admin_logs", stream_position: read.position });
  expect(end).toMatchObject({ entries: [], position: "0" });
});

test("each operation is told in a user's words; a folder's once", async () => {
  const here = await account().createFolder({ parentId: "0", name: "here" });
  const { file, version } = await account().upload({ parentId: here.id, name: "a", bytes: "1" });
  await account().uploadVersion({ fileId: file.id, bytes: "2" });
  await account().promote({ fileId: file.id, versionId: version.id });
  await account().change({ ...file, parentId: "0", name: "b" });
  await account().copy({ ...here, parentId: "0", name: "there" });
  await account().trash(here);
  await account().restore(here);
  await account().trash(file);
  await account().deleteForever(file);
  expect(types(await events({ stream_type: "changes" }))).toEqual([
    "ITEM_CREATE",
    "ITEM_UPLOAD",
    "ITEM_UPLOAD",
    "ITEM_MAKE_CURRENT_VERSION",
    "ITEM_MOVE",
    "ITEM_RENAME",
    "ITEM_COPY",
    "ITEM_TRASH",
    "ITEM_UNDELETE_VIA_TRASH",
    "ITEM_TRASH",
  ]);
});

test("a download is told in the stream of everything alone", async () => {
  const { file } = await account().upload({ parentId: "0", name: "a", bytes: "1" });
  await officialClient(ground.box, "enterprise").downloads.downloadFile(file.id);
  expect(types(await events({ stream_type: "changes" }))).toEqual(["ITEM_UPLOAD"]);
  expect(types(await events({ stream_type: "all" }))).toEqual(["ITEM_UPLOAD", "ITEM_DOWNLOAD"]);
});

test("a page may be short while more remains, and a position may be text", async () => {
  for (const name of ["a", "b", "c", "d"])
    await account().upload({ parentId: "0", name, bytes: "1" });
  Object.assign(ground.box.faults.settings, { shortPages: true, positionsAsText: true });
  const headers = { authorization: `Bearer ${ground.box.developerToken()}` };
  const response = await fetch(`${ground.box.url}/2.0/events?limit=3`, { headers });
  expect(await response.json()).toMatchObject({
    chunk_size: 1,
    next_stream_position: expect.stringMatching(/^\d{19}$/),
  });
});

test("a page can be arranged to lose, double and turn round its events, or to hold odd ones", async () => {
  for (const name of ["a", "b"]) await account().upload({ parentId: "0", name, bytes: "1" });
  const names = async () => {
    const page = await events({ stream_type: "changes" });
    return page.entries.map((entry) => (entry["source"] as { name?: unknown } | null)?.name);
  };
  for (const type of ["drop", "double", "reverse", "odd"] as const)
    ground.box.faults.arm({ kind: "events", effect: { type } });
  expect(await names()).toEqual([]);
  expect(await names()).toEqual(["a", "a", "b", "b"]);
  expect(await names()).toEqual(["b", "a"]);
  expect(await names()).toEqual([undefined, 7, undefined, undefined, "a", "b"]);
  expect(await names()).toEqual(["a", "b"]);
});

test("events, positions and ids go on after a restart", async () => {
  const { file } = await account().upload({ parentId: "0", name: "a", bytes: "1" });
  const { position } = await events({ stream_type: "changes" });
  const before = { ccg: ground.box.ccg, keys: ground.box.signatureKeys };
  const box = await ground.restart();
  expect({ ccg: box.ccg, keys: box.signatureKeys }).toEqual(before);
  await account().uploadVersion({ fileId: file.id, bytes: "2" });
  const page = await events({ stream_type: "changes", stream_position: position });
  expect(page.entries.map((entry) => (entry["source"] as { etag: string }).etag)).toEqual(["1"]);
});

test("the official client's event stream is told at once that something happened", async () => {
  const stream = officialClient(ground.box, "enterprise").events.getEventStream();
  const named = new Promise<string>((resolve, reject) => {
    stream.on("error", reject).on("data", (event: { source?: { name?: string } }) => {
      if (event.source?.name === "polled.txt") resolve(event.source.name);
    });
  });
  await vi.waitFor(() => expect(ground.box.calls.count("events")).toBeGreaterThanOrEqual(3));
  await ground.box.account.upload({ parentId: "0", name: "polled.txt", bytes: "x" });
  expect(await named).toBe("polled.txt");
  stream.destroy();
});

test("a user's event shows its file as it was, or, where the sandbox is told so, as it is when it is read", async () => {
  const { position: start } = await events({ stream_position: "now", stream_type: "changes" });
  const { file } = await account().upload({ parentId: "0", name: "a", bytes: "one" });
  const { version } = await account().uploadVersion({ fileId: file.id, bytes: "two" });
  const versions = async () =>
    (await events({ stream_position: start, stream_type: "changes" })).entries.map(
      ({ source }) => (source as { file_version: { id: string } }).file_version.id,
    );
  const then = await versions();
  expect(new Set(then).size).toBe(2);
  ground.box.faults.settings.userEventsShowNow = true;
  expect(await versions()).toEqual([version.id, version.id]);
});

test("what is older than a stream keeps is not told any more, and nothing says so", async () => {
  await ground.remove();
  let now = Date.now();
  ground = await freshBox({ watch: false, now: () => now });
  const { position } = await events({ stream_position: "now", stream_type: "changes" });
  await account().upload({ parentId: "0", name: "a", bytes: "1" });
  now += 15 * 24 * 3_600_000;
  await account().upload({ parentId: "0", name: "b", bytes: "1" });
  const told = async (stream_type: string) =>
    types(await events({ stream_position: position, stream_type })).length;
  expect([await told("changes"), await told("admin_logs_streaming")]).toEqual([2, 1]);
  now += 7 * 24 * 3_600_000;
  expect([await told("changes"), await told("admin_logs_streaming")]).toEqual([1, 1]);
  now += 15 * 24 * 3_600_000;
  expect([await told("changes"), await told("admin_logs_streaming")]).toEqual([0, 0]);
  expect(await told("admin_logs")).toBe(2);
});

test("a folder of another enterprise says so, and what its people do there is not the enterprise's", async () => {
  const cro = account().outsider("Cro Lab").id;
  const folder = await account().createFolder({ parentId: "0", name: "Results" }, cro);
  await account().upload({ parentId: folder.id, name: "a", bytes: "1" }, cro);
  const headers = { authorization: `Bearer ${await tokenOf("enterprise")}` };
  const address = `${ground.box.url}/2.0/folders/${folder.id}?fields=is_externally_owned,owned_by`;
  const shown = await fetch(address, { headers });
  expect(await shown.json()).toMatchObject({ is_externally_owned: true, owned_by: { id: cro } });
  expect(types(await events({ stream_type: "admin_logs_streaming" }))).toEqual([]);
  expect(types(await events({ stream_type: "changes" }))).toEqual(["ITEM_CREATE", "ITEM_UPLOAD"]);
  await account().upload({ parentId: folder.id, name: "b", bytes: "1" });
  expect(types(await events({ stream_type: "admin_logs_streaming" }))).toEqual(["UPLOAD"]);
});
