import { get as httpGet, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshBox, type Ground } from "./client.ts";

let ground: Ground;
let fileId: string;
beforeEach(async () => {
  ground = await freshBox({ watch: false });
  const { file } = await ground.box.account.upload({
    parentId: "0",
    name: "a.bin",
    bytes: Buffer.alloc(200_000, "x"),
  });
  fileId = file.id;
});
afterEach(() => ground.remove());

const faults = () => ground.box.faults;

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${ground.box.url}/2.0${path}`, {
    ...init,
    headers: { authorization: `Bearer ${ground.box.developerToken()}` },
  });

/** Node's own client, which tells a reset from an early end. */
async function raw(url: string): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${ground.box.developerToken()}` };
  const request = httpGet(url, { headers, agent: false });
  // A reset after the head is told by the response, and once more by the request.
  request.on("error", () => {});
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

async function link(): Promise<string> {
  const response = await ask(`/files/${fileId}/content`, { redirect: "manual" });
  return response.headers.get("location")!;
}

/** What came before the end, and how it ended. */
async function drain(response: IncomingMessage): Promise<{ bytes: number; error: string }> {
  let bytes = 0;
  try {
    for await (const part of response) bytes += (part as Buffer).length;
    return { bytes, error: "" };
  } catch (error) {
    return { bytes, error: (error as NodeJS.ErrnoException).code ?? "unknown" };
  }
}

test.each([429, 500, 503, 403, 404])("a request can be answered %i, once", async (status) => {
  const fault = faults().arm({ kind: "file", effect: { type: "status", status } });
  const first = await ask(`/files/${fileId}`);
  expect(first.status).toBe(status);
  expect(first.headers.get("retry-after")).toBeNull();
  expect(await first.json()).toMatchObject({
    type: "error",
    status,
    request_id: expect.any(String),
  });
  expect((await ask(`/files/${fileId}`)).status).toBe(200);
  expect(fault).toMatchObject({ consumed: true, struck: 1 });
});

test("429 can name its wait", async () => {
  const effect = { type: "status", status: 429, retryAfter: 7 } as const;
  faults().arm({ kind: "events", effect });
  const response = await ask("/events");
  expect(response.headers.get("retry-after")).toBe("7");
  expect(await response.json()).toMatchObject({ code: "rate_limit_exceeded" });
});

test("a gateway can answer with a page", async () => {
  faults().arm({ kind: "folder_items", effect: { type: "html" } });
  const response = await ask("/folders/0/items");
  expect(response.status).toBe(502);
  expect(await response.text()).toMatch(/^<html>/);
});

test("a token can be refused as expired, and the next answer is right again", async () => {
  faults().arm({ kind: "file", effect: { type: "expired_token" } });
  const refused = await ask(`/files/${fileId}`);
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toContain('error="invalid_token"');
  expect((await ask(`/files/${fileId}`)).status).toBe(200);
});

test("content can be not ready, as often as arranged", async () => {
  const effect = { type: "not_ready", retryAfter: 3 } as const;
  faults().arm({ kind: "content", times: 2, effect });
  const statuses = [];
  for (let i = 0; i < 3; i++)
    statuses.push((await ask(`/files/${fileId}/content`, { redirect: "manual" })).status);
  expect(statuses).toEqual([202, 202, 302]);
});

test.each([403, 404])("the content host can refuse a link with %i", async (status) => {
  faults().arm({ kind: "download", effect: { type: "status", status } });
  expect((await ask(`/files/${fileId}/content`)).status).toBe(status);
  expect((await ask(`/files/${fileId}/content`)).status).toBe(200);
});

test("a connection can be reset before any answer", async () => {
  faults().arm({ kind: "file", effect: { type: "reset" } });
  await expect(raw(`${ground.box.url}/2.0/files/${fileId}`)).rejects.toMatchObject({
    code: "ECONNRESET",
  });
});

test("a body can be reset in the middle", async () => {
  faults().arm({ kind: "download", effect: { type: "reset", afterBytes: 70_000 } });
  const { bytes, error } = await drain(await raw(await link()));
  expect(bytes).toBeLessThanOrEqual(70_000);
  expect(error).toBe("ECONNRESET");
});

test("a body can end early behind its announced length", async () => {
  faults().arm({ kind: "download", effect: { type: "cut", afterBytes: 70_000 } });
  const response = await raw(await link());
  expect(response.headers["content-length"]).toBe("200000");
  expect(await drain(response)).toMatchObject({ bytes: 70_000, error: "ECONNRESET" });
});

test("one bit of a body can be turned", async () => {
  faults().arm({ kind: "download", effect: { type: "flip", at: 150_000 } });
  const bytes = Buffer.from(await (await fetch(await link())).arrayBuffer());
  expect(bytes.length).toBe(200_000);
  expect(bytes.filter((byte) => byte !== 0x78)).toEqual(Buffer.from([0x79]));
  expect(bytes[150_000]).toBe(0x79);
});

test("a body can stop coming without an end", async () => {
  faults().arm({ kind: "download", effect: { type: "stall", afterBytes: 1_000 } });
  const response = await raw(await link());
  let bytes = 0;
  for await (const part of response.iterator({ destroyOnReturn: false })) {
    bytes += (part as Buffer).length;
    if (bytes === 1_000) break;
  }
  expect(bytes).toBe(1_000);
  expect(response.complete).toBe(false);
  response.destroy();
});

test("a JSON answer can be cut, too", async () => {
  faults().arm({ kind: "file", effect: { type: "cut", afterBytes: 10 } });
  const response = await raw(`${ground.box.url}/2.0/files/${fileId}`);
  expect(await drain(response)).toMatchObject({ bytes: 10, error: "ECONNRESET" });
});

test("an answer can be slow, and is right all the same", async () => {
  faults().arm({ kind: "file", effect: { type: "slow", ms: 5 } });
  expect((await ask(`/files/${fileId}`)).status).toBe(200);
});

test("a fault strikes only the path it is aimed at, after those it lets pass, until disarmed", async () => {
  const other = await ground.box.account.upload({ parentId: "0", name: "b", bytes: "1" });
  const effect = { type: "status", status: 500 } as const;
  const times = Number.MAX_SAFE_INTEGER;
  const fault = faults().arm({ kind: "file", path: fileId, skip: 1, times, effect });
  const statusOf = async (id: string) => (await ask(`/files/${id}`)).status;
  expect(await statusOf(other.file.id)).toBe(200);
  expect(await statusOf(fileId)).toBe(200);
  expect(await statusOf(fileId)).toBe(500);
  expect(await statusOf(fileId)).toBe(500);
  fault.disarm();
  expect(await statusOf(fileId)).toBe(200);
  faults().arm({ kind: ["file", "content"], path: (path) => path.endsWith("size"), effect });
  expect((await ask(`/files/${fileId}?fields=size`)).status).toBe(500);
});

test("a person arms, sees and clears faults over HTTP", async () => {
  const at = `${ground.box.url}/sandbox/faults`;
  const body = JSON.stringify({ kind: "file", effect: { type: "status", status: 500 } });
  expect((await fetch(at, { method: "POST", body })).status).toBe(201);
  expect((await ask(`/files/${fileId}`)).status).toBe(500);
  expect(await (await fetch(at)).json()).toMatchObject({ armed: [{ kind: "file", struck: 1 }] });
  const settings = JSON.stringify({ shortPages: true });
  await fetch(`${at}/settings`, { method: "PUT", body: settings });
  expect(faults().settings.shortPages).toBe(true);
  await fetch(at, { method: "DELETE" });
  expect(faults().armed()).toEqual([]);
  expect(faults().settings.shortPages).toBe(false);
});

test("a person has a developer token made, ends access tokens, and removes the application for a user", async () => {
  const at = `${ground.box.url}/sandbox`;
  const { userId } = ground.box.ccg;
  const made = async (body: object) =>
    fetch(`${at}/developer-token`, { method: "POST", body: JSON.stringify(body) });
  const me = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${ground.box.url}/2.0/users/me`, { headers });
    return response.ok ? ((await response.json()) as { id: string }).id : response.status;
  };
  const { token } = (await (await made({ userId })).json()) as { token: string };
  const { token: service } = (await (await made({})).json()) as { token: string };
  expect([await me(token), await me(service)]).toEqual([userId, ground.box.ccg.serviceUserId]);
  expect((await made({ userId: "1" })).status).toBe(400);
  expect((await fetch(`${at}/access-tokens`, { method: "DELETE" })).status).toBe(204);
  expect([await me(token), await me(service)]).toEqual([401, 401]);
  expect((await fetch(`${at}/logins/${userId}`, { method: "DELETE" })).status).toBe(204);
});

test("requests are counted by what they are about, those that a fault struck among them", async () => {
  const { calls } = ground.box;
  calls.reset();
  faults().arm({ kind: "file", effect: { type: "status", status: 500 } });
  await ask(`/files/${fileId}`);
  await ask(`/files/${fileId}`);
  await ask("/folders/0/items");
  await ask(`/files/${fileId}/content`);
  expect(calls.byKind()).toEqual({ file: 2, folder_items: 1, content: 1, download: 1 });
  expect(calls.count()).toBe(5);
  expect(calls.count("file")).toBe(2);
  expect(calls.leakedTokens()).toBe(0);
  await raw(await link());
  expect(calls.leakedTokens()).toBe(1);
  calls.reset();
  expect(calls.count()).toBe(0);
});

test("a person changes one setting, and the others stay; what is none of its sort is refused", async () => {
  const before = { ...faults().settings };
  const put = (settings: object) =>
    fetch(`${ground.box.url}/sandbox/faults/settings`, {
      method: "PUT",
      body: JSON.stringify(settings),
    });
  expect((await put({ appAuthorised: false })).status).toBe(200);
  expect(faults().settings).toEqual({ ...before, appAuthorised: false });
  for (const wrong of [{ deliveryConcurrency: "8" }, { retryScheduleMs: {} }, { nonesuch: 1 }])
    expect((await put(wrong)).status, JSON.stringify(wrong)).toBe(400);
  expect(faults().settings).toEqual({ ...before, appAuthorised: false });
});
