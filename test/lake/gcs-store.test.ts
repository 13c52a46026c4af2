import { describe, expect, test } from "vitest";
import { isLakeFailure } from "../../src/lake/errors.ts";
import {
  absent,
  creating,
  isCreation,
  large,
  open,
  refused,
  request,
  resourceOf,
  small,
} from "./lake-on-script.ts";
import { type Received, type Reply, startScript } from "./scripted-server.ts";

describe("a small object", () => {
  test("is one request that GCS can only fulfil with these bytes under a free name", async () => {
    const server = await creating(() => ({ status: 200, body: resourceOf(small) }));
    const created = await open(server.url).create(request(small));
    expect(created).toMatchObject({ outcome: "created", object: { sizeBytes: 8 } });
    expect(created.object.createdAt).toEqual(new Date("2026-01-02T03:04:05.678Z"));
    expect(server.received).toHaveLength(1);
    const [{ method, url, headers, body } = expect.fail()] = server.received;
    expect(method).toBe("POST");
    expect(url).toMatch(
      /^\/upload\/storage\/v1\/b\/lake\/o\?uploadType=multipart&ifGenerationMatch=0/,
    );
    expect(headers["authorization"]).toBeUndefined();
    expect(body.includes(small)).toBe(true);
    expect(body.toString()).toContain(`"crc32c":"${resourceOf(small).crc32c}"`);
  });

  test("is not believed when GCS describes another one", async () => {
    const other = { ...resourceOf(small), crc32c: "AAAAAA==" };
    const server = await startScript(() => ({ status: 200, body: other }));
    await expect(open(server.url).create(request(small))).rejects.toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("checksum"),
    });
  });

  test("is looked for when GCS says it succeeded and describes nothing", async () => {
    const server = await startScript((received) =>
      isCreation(received) ? { status: 200 } : { status: 200, body: resourceOf(small) },
    );
    await expect(open(server.url).create(request(small))).resolves.toMatchObject({
      outcome: "adopted",
    });
  });

  test("whose name was taken and is free again may be tried again", async () => {
    const server = await creating(() => refused(412, "exists", "conditionNotMet"));
    await expect(open(server.url).create(request(small))).rejects.toMatchObject({
      kind: "transient",
    });
  });
});

describe("a large object", () => {
  const session = (put: (received: Received, server: { url: string }) => Reply | "reset") =>
    new Promise<Awaited<ReturnType<typeof startScript>>>((resolve, reject) => {
      const started = startScript((received) => {
        if (received.method === "GET") return absent;
        if (received.url.includes("secret")) return put(received, server);
        return { status: 200, headers: { location: `${server.url}/session?upload_id=secret` } };
      });
      let server = { url: "" };
      started.then((running) => {
        server = running;
        resolve(running);
      }, reject);
    });
  const arrived = (received: Received): Reply => ({
    status: 308,
    headers: { range: `bytes=0-${/-(\d+)\//.exec(received.headers["content-range"] ?? "")?.[1]}` },
  });
  const isLast = ({ headers }: Received) => headers["content-range"]?.endsWith("-614399/614400");

  test("goes to an address that was given without its origin, as HTTP allows", async () => {
    const server = await startScript((received) => {
      if (received.method === "GET") return absent;
      if (isCreation(received))
        return { status: 200, headers: { location: "/session?upload_id=secret" } };
      return isLast(received) ? { status: 200, body: resourceOf(large) } : arrived(received);
    });
    await expect(open(server.url).create(request(large))).resolves.toMatchObject({
      outcome: "created",
    });
  });

  test("goes in chunks, and only the last one, proved, carries the checksum", async () => {
    const server = await session((received) =>
      isLast(received) ? { status: 200, body: resourceOf(large) } : arrived(received),
    );
    await expect(open(server.url).create(request(large))).resolves.toMatchObject({
      outcome: "created",
    });
    const [look, begin, ...puts] = server.received;
    expect(look?.method).toBe("GET");
    expect(begin?.url).toContain("uploadType=resumable&ifGenerationMatch=0");
    expect(begin?.headers).toMatchObject({
      "x-upload-content-length": "614400",
      "x-upload-content-type": "text/csv",
    });
    expect(puts.map(({ headers }) => headers["content-range"])).toEqual([
      "bytes 0-262143/614400",
      "bytes 262144-524287/614400",
      "bytes 524288-614399/614400",
    ]);
    expect(puts.map(({ headers }) => headers["x-goog-hash"])).toEqual([
      undefined,
      undefined,
      `crc32c=${resourceOf(large).crc32c}`,
    ]);
    expect(Buffer.concat(puts.map(({ body }) => body)).equals(large)).toBe(true);
  });

  test("shows the checksum with a question too, because GCS may finish the object on it", async () => {
    const server = await session((received) => {
      if (received.headers["content-range"] === "bytes */614400")
        return { status: 200, body: resourceOf(large) };
      return isLast(received) ? "reset" : arrived(received);
    });
    await expect(open(server.url).create(request(large))).resolves.toMatchObject({
      outcome: "created",
    });
    expect(server.received.at(-1)?.headers).toMatchObject({
      "content-range": "bytes */614400",
      "x-goog-hash": `crc32c=${resourceOf(large).crc32c}`,
    });
  });

  test("whose bytes GCS refuses is not asked for again in the same session", async () => {
    const server = await session((received) => {
      if (received.method === "DELETE") return { status: 499 };
      return isLast(received)
        ? refused(400, "Provided CRC32C doesn't match calculated CRC32C", "invalid")
        : arrived(received);
    });
    await expect(open(server.url).create(request(large))).rejects.toMatchObject({
      kind: "transient",
      status: 400,
    });
    expect(server.received.map(({ method }) => method)).toEqual(
      // The look, the session, three chunks, its end, and the look after the doubt.
      ["GET", "POST", "PUT", "PUT", "PUT", "DELETE", "GET"],
    );
  });

  test("abandons its session when the bytes are disproved, and never sends the last one", async () => {
    const server = await session((received) =>
      received.method === "DELETE" ? { status: 499 } : arrived(received),
    );
    const wrong = request(large, { sha1: "0".repeat(40) });
    await expect(open(server.url).create(wrong)).rejects.toMatchObject({ kind: "mismatch" });
    expect(server.received.some(isLast)).toBe(false);
    expect(server.received.at(-1)).toMatchObject({
      method: "DELETE",
      url: "/session?upload_id=secret",
    });
  });

  test.each<[string, Reply | "reset"]>([
    ["a cut connection", "reset"],
    [
      "a refusal that quotes it",
      refused(503, "http://x/session?upload_id=secret failed", "backend"),
    ],
    ["a lost session", { status: 410, body: "upload_id=secret is gone" }],
    ["a redirect", { status: 302, headers: { location: "/elsewhere?upload_id=secret" } }],
  ])("keeps the session's address out of what is said about %s", async (_, reply) => {
    const server = await session((received) =>
      received.method === "DELETE" ? { status: 499 } : reply,
    );
    const error = await open(server.url)
      .create(request(large))
      .catch((thrown: unknown) => thrown);
    expect(isLakeFailure(error)).toBe(true);
    const said = [error, (error as Error).stack, JSON.stringify(error), (error as Error).message];
    expect(said.map(String).join()).not.toContain("secret");
    expect(server.received.some(({ url }) => url.startsWith("/elsewhere"))).toBe(false);
  });

  test("stops at once when told to, and abandons its session", async () => {
    const stop = new AbortController();
    const server = await session((received) => {
      if (received.method === "DELETE") return { status: 499 };
      stop.abort();
      return refused(503, "later", "backend");
    });
    await expect(
      open(server.url).create(request(large, { signal: stop.signal })),
    ).rejects.toMatchObject({ kind: "stopped" });
    expect(server.received.at(-1)?.method).toBe("DELETE");
    expect(server.received.filter(({ method }) => method === "PUT")).toHaveLength(1);
  });

  test("is given back to the row when GCS has lost bytes that are no longer in memory", async () => {
    const server = await session((received) =>
      received.headers["content-range"]?.startsWith("bytes 0-")
        ? arrived(received)
        : { status: 308 },
    );
    await expect(open(server.url).create(request(large))).rejects.toMatchObject({
      kind: "transient",
      message: expect.stringContaining("lost bytes"),
    });
  });
});
