import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

import { describe, expect, it } from "vitest";

import { createApi } from "../../src/box/api.ts";
import { openDownload } from "../../src/box/download.ts";
import { createTransport } from "../../src/box/transport.ts";
import { fileId, versionId } from "../../src/core/ids.ts";
import { readAll, type Seen, sendJson, startServer } from "./box-server.ts";

type Reply = (response: ServerResponse, request: Seen) => void;

/** Box's API and a content host of it, on two ports. */
async function startBox({
  api,
  content = (response) => response.end("bytes"),
  hosts = ["127.0.0.1"],
  idleTimeoutMs,
}: { api?: Reply; content?: Reply; hosts?: string[]; idleTimeoutMs?: number } = {}) {
  const contentServer = await startServer((request, response) => content(response, request));
  const location = `${contentServer.url}/signed?signature=secret`;
  const redirect: Reply = (response) => response.writeHead(302, { location }).end();
  const apiServer = await startServer((request, response) => (api ?? redirect)(response, request));
  const transport = createTransport({ idleTimeoutMs });
  const tokens = {
    get: async () => "token",
    drop: () => undefined,
    revocable: async () => undefined,
  };
  const endpoints = { apiUrl: apiServer.url, oauthUrl: "http://127.0.0.1", downloadHosts: hosts };
  const open = (signal?: AbortSignal) =>
    openDownload(createApi(transport, tokens), transport, endpoints, {
      fileId: fileId("400001"),
      versionId: versionId("500001"),
      signal,
    });
  return { open, api: apiServer, content: contentServer, location };
}

const toHost =
  (location: string): Reply =>
  (response) =>
    response.writeHead(302, { location }).end();

describe("a download", () => {
  it("asks for the version, follows the redirect and yields the bytes", async () => {
    const { open, api, content } = await startBox();
    expect(String(await readAll(await open()))).toBe("bytes");
    expect(api.seen.map(({ path }) => path)).toEqual(["/2.0/files/400001/content?version=500001"]);
    expect(content.seen.map(({ path }) => path)).toEqual(["/signed?signature=secret"]);
  });

  it("shows the content host nothing of the account", async () => {
    const { open, api, content } = await startBox();
    await readAll(await open());
    expect(api.seen[0]?.headers.authorization).toBe("Bearer token");
    expect(content.seen[0]?.headers).not.toHaveProperty("authorization");
    expect(content.seen[0]?.headers).not.toHaveProperty("cookie");
    expect(content.seen[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it("may come straight from the API, and may be empty", async () => {
    const direct = await startBox({ api: (response) => response.end("straight") });
    expect(String(await readAll(await direct.open()))).toBe("straight");
    const empty = await startBox({ content: (response) => response.end() });
    expect(await readAll(await empty.open())).toHaveLength(0);
  });

  it.each(["api", "content"] as const)("not ready at the %s waits as Box says", async (where) => {
    const { open } = await startBox({
      [where]: (response: ServerResponse) => response.writeHead(202, { "Retry-After": "7" }).end(),
    });
    await expect(open()).rejects.toMatchObject({ kind: "not_ready", retryAfterMs: 7000 });
  });

  it.each([
    [403, { code: "forbidden_by_policy", request_id: "r" }, { kind: "forbidden", requestId: "r" }],
    [404, { code: "trashed" }, { kind: "not_found", code: "trashed" }],
    [429, {}, { kind: "throttled" }],
    [500, {}, { kind: "transient" }],
    [206, {}, { kind: "invalid" }],
  ])("refused with %d says why", async (status, body, expected) => {
    const { open } = await startBox({ api: (response) => sendJson(response, body, status) });
    await expect(open()).rejects.toMatchObject(expected);
  });

  it.each([401, 403, 404, 410])(
    "whose signed address answers %d is tried again, since the next one is new",
    async (status) => {
      const { open } = await startBox({ content: (response) => response.writeHead(status).end() });
      const failure = await open().catch((caught: unknown) => caught);
      expect(failure).toMatchObject({ kind: "transient", status });
      expect(String((failure as Error).stack)).not.toContain("signature");
    },
  );

  it("redirected again and again is given up", async () => {
    const { open, content } = await startBox({
      content: (response) => response.writeHead(302, { location: "/again" }).end(),
    });
    await expect(open()).rejects.toMatchObject({ kind: "transient" });
    expect(content.seen.length).toBeLessThan(5);
  });
});

describe("the hosts of a download", () => {
  it.each([
    ["https://dl.boxcloud.com.evil.example/x", ["*.boxcloud.com"]],
    ["https://boxcloud.com/x", ["*.boxcloud.com"]],
    ["https://evilboxcloud.com/x", ["*.boxcloud.com"]],
    ["http://dl.boxcloud.com/x", ["*.boxcloud.com"]],
    ["https://user:pass@dl.boxcloud.com/x", ["*.boxcloud.com"]],
    ["https://169.254.169.254/x", ["*.boxcloud.com"]],
    ["https://dl.boxcloud.com:8443/x", ["*.boxcloud.com:443"]],
    ["ftp://127.0.0.1/x", ["127.0.0.1"]],
    ["file:///etc/passwd", ["127.0.0.1", ""]],
    ["https://dl.boxcloud.com/x", []],
  ])("%s is refused under %o, and the signature is not told", async (location, hosts) => {
    const { open, content } = await startBox({ api: toHost(`${location}?signature=s`), hosts });
    const failure = await open().catch((caught: unknown) => caught);
    expect(failure).toMatchObject({
      kind: "forbidden",
      hint: expect.stringContaining("BOX_DOWNLOAD_HOSTS"),
    });
    expect(String((failure as Error).stack)).not.toContain("signature");
    expect(content.seen).toEqual([]);
  });

  it.each([undefined, "", "http://"])(
    "without an address (%o) it is tried again",
    async (location) => {
      const { open } = await startBox({
        api: (response) =>
          response.writeHead(302, location === undefined ? {} : { location }).end(),
      });
      await expect(open()).rejects.toMatchObject({ kind: "transient" });
    },
  );

  it("may be named with their port, which is compared", async () => {
    const hosts: string[] = [];
    const { open, content } = await startBox({ hosts });
    hosts.push(content.host);
    expect(String(await readAll(await open()))).toBe("bytes");
    hosts.splice(0, 1, "127.0.0.1:1");
    await expect(open()).rejects.toMatchObject({ kind: "forbidden" });
  });

  it("are checked at every hop", async () => {
    const { open } = await startBox({ content: toHost("https://evil.example/x") });
    await expect(open()).rejects.toMatchObject({ kind: "forbidden" });
  });
});

describe("the bytes of a download", () => {
  const begin = (response: ServerResponse) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("first");
  };

  it("cut short are transient", async () => {
    const { open } = await startBox({
      content: (response) => {
        begin(response);
        response.write("second", () => response.destroy());
      },
    });
    await expect(open().then(readAll)).rejects.toMatchObject({ kind: "transient" });
  });

  it("cut short without a length are transient", async () => {
    const { open } = await startBox({
      content: (response) => void response.write("part", () => response.destroy()),
    });
    await expect(open().then(readAll)).rejects.toMatchObject({ kind: "transient" });
  });

  it("compressed on the way, though we ask for none, are the bytes that were compressed", async () => {
    const packed = gzipSync("bytes".repeat(1000));
    const { open } = await startBox({
      content: (response) => response.setHeader("content-encoding", "gzip").end(packed),
    });
    expect(String(await readAll(await open()))).toBe("bytes".repeat(1000));
  });

  it("compressed and cut short are transient", async () => {
    const packed = gzipSync("bytes".repeat(1000));
    const { open } = await startBox({
      content: (response) => {
        response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
        response.write(packed.subarray(0, 12), () => response.destroy());
      },
    });
    await expect(open().then(readAll)).rejects.toMatchObject({ kind: "transient" });
  });

  it("that stop coming are transient", async () => {
    const { open } = await startBox({ content: begin, idleTimeoutMs: 20 });
    await expect(open().then(readAll)).rejects.toMatchObject({ kind: "transient" });
  });

  it("that nobody wants any more close the connection", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const { open } = await startBox({
      content: (response) => {
        begin(response);
        held.resolve(response);
      },
    });
    const body = await open();
    const closed = once(await held.promise, "close");
    for await (const chunk of body) {
      expect(String(Buffer.from(chunk))).toBe("first");
      break;
    }
    await closed;
  });

  it("stop with the caller's signal", async () => {
    const { open } = await startBox({ content: begin });
    const controller = new AbortController();
    const reading = readAll(await open(controller.signal));
    controller.abort();
    await expect(reading).rejects.toMatchObject({ kind: "stopped" });
  });

  it("of several megabytes arrive whole", async () => {
    const bytes = Buffer.alloc(5_000_000, "lab");
    const { open } = await startBox({ content: (response) => response.end(bytes) });
    expect((await readAll(await open())).equals(bytes)).toBe(true);
  });
});
