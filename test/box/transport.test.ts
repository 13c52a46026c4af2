import { once } from "node:events";
import { createServer, globalAgent, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as listen, type Socket } from "node:net";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { readText } from "../../src/box/body.ts";
import { type BoxCall, createTransport } from "../../src/box/transport.ts";
import { readAll, startServer } from "./box-server.ts";

const get = (url: string, signal?: AbortSignal) =>
  ({ kind: "file", method: "GET", url, signal }) as const;

/** A server that hands its first response to the test. */
async function startHeld(begin: (response: ServerResponse) => void = () => undefined) {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const server = await startServer((_request, response) => {
    begin(response);
    resolve(response);
  });
  return { url: server.url, response: promise };
}

/** A server that answers by the byte: told how many requests have come. */
async function startWire(answer: (socket: Socket, count: number) => void) {
  let [count, connections] = [0, 0];
  const server = listen((socket) => {
    connections++;
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      if (data.includes("\r\n\r\n")) answer(socket, ++count);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, connections: () => connections };
}

/** An address where nobody listens any more. */
async function nobody() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}

const beginBody = (response: ServerResponse) => {
  response.writeHead(200, { "content-length": "100" });
  response.write("first");
};

describe("a call", () => {
  it("names us, and shares its connection with the next", async () => {
    const server = await startServer((_request, response) => response.end("ok"));
    const transport = createTransport();
    for (let call = 0; call < 20; call++)
      expect(await readText(await transport.send(get(server.url)))).toBe("ok");
    expect(server.connections()).toBeLessThan(5);
    expect(server.seen[0]?.headers["user-agent"]).toMatch(/^Longshore\/\d+\.\d+\.\d+$/);
  });

  it("is reported with its kind, status and time, also when there is no answer", async () => {
    const server = await startServer((_request, response) => response.writeHead(418).end());
    const calls: BoxCall[] = [];
    const transport = createTransport({ onCall: (call) => calls.push(call) });
    await transport.send(get(server.url));
    const away = await nobody();
    await transport.send(get(away)).catch(() => undefined);
    const called = { kind: "file", method: "GET", ms: expect.any(Number) as number };
    expect(calls).toEqual([
      { ...called, url: server.url, status: 418, failure: undefined },
      { ...called, url: away, status: 0, failure: "transient" },
    ]);
  });

  it("follows no redirect", async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(302, { location: "/elsewhere" }).end(),
    );
    const answer = await createTransport().send(get(server.url));
    expect(answer.status).toBe(302);
    expect(server.seen).toHaveLength(1);
  });

  it("to nobody is transient, and its failure does not repeat the address", async () => {
    const sending = createTransport().send(get(`${await nobody()}/file?signature=secret`));
    await expect(sending).rejects.toMatchObject({
      kind: "transient",
      message: "The connection to Box failed (ECONNREFUSED).",
    });
    await expect(sending).rejects.not.toHaveProperty("cause");
  });

  it("without an answer in time is transient", async () => {
    const { url } = await startHeld();
    const sending = createTransport({ headersTimeoutMs: 20 }).send(get(url));
    await expect(sending).rejects.toMatchObject({
      kind: "transient",
      message: "Box sent nothing for 0.02 s.",
    });
  });

  it("to somebody who takes the connection and never agrees on a key is transient soon", async () => {
    const server = listen(() => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const sending = createTransport({ connectTimeoutMs: 20 }).send(
      get(`https://127.0.0.1:${port}/file`),
    );
    await expect(sending).rejects.toMatchObject({
      kind: "transient",
      message: "Box was not reached in 0.02 s.",
      hint: expect.stringContaining("status.box.com"),
    });
  });

  it.each([
    ["GET", 2],
    ["POST", 1],
  ])(
    "over a kept connection that Box closes: a %s reaches Box %d time(s) in all",
    async (method, reached) => {
      const server = await startWire((socket, count) => {
        // Kept, and closed under whatever comes next.
        if (count === 2) socket.resetAndDestroy();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      });
      const transport = createTransport();
      await readText(await transport.send(get(server.url)));
      const kept = () => Object.keys(globalAgent.freeSockets).join();
      await expect.poll(kept).toContain(new URL(server.url).port);
      const second = transport.send({ ...get(server.url), method }).then(readText);
      if (reached === 2) expect(await second).toBe("ok");
      else await expect(second).rejects.toMatchObject({ kind: "transient" });
      expect(server.connections()).toBe(reached);
    },
  );

  it.each([
    ["changes the protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n"],
    ["sends headers one by one", "HTTP/1.1 200 OK\r\n"],
  ])("to somebody who %s and says no more is transient", async (_what, start) => {
    const end = start.includes("101") ? "connection: upgrade\r\n\r\n" : "x-more: 1\r\n";
    const server = await startWire((socket) => socket.write(start + end));
    const sending = createTransport({ headersTimeoutMs: 20 }).send(get(server.url));
    await expect(sending).rejects.toMatchObject({ kind: "transient" });
  });

  it("that the caller stops is stopped, before the headers and in the body", async () => {
    const silent = await startHeld();
    const first = new AbortController();
    const sending = createTransport().send(get(silent.url, first.signal));
    await silent.response;
    first.abort();
    await expect(sending).rejects.toMatchObject({ kind: "stopped" });

    const slow = await startHeld(beginBody);
    const second = new AbortController();
    const answer = await createTransport().send(get(slow.url, second.signal));
    const reading = readText(answer);
    second.abort();
    await expect(reading).rejects.toMatchObject({ kind: "stopped" });
    await expect(createTransport().send(get(slow.url, second.signal))).rejects.toMatchObject({
      kind: "stopped",
    });
  });
});

describe("a body", () => {
  it("that stalls is transient, however it was begun", async () => {
    const { url } = await startHeld(beginBody);
    const answer = await createTransport({ idleTimeoutMs: 20 }).send(get(url));
    await expect(readText(answer)).rejects.toMatchObject({
      kind: "transient",
      message: "Box sent nothing for 0.02 s.",
    });
  });

  it("that drips is transient, like one that stalls", async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(" "), 5);
      response.on("close", () => clearInterval(drip));
    });
    const answer = await createTransport({ leastWithinMs: 50 }).send(get(server.url));
    await expect(readText(answer)).rejects.toMatchObject({
      kind: "transient",
      message: expect.stringMatching(/^Box sent \d+ bytes in \d+ s\.$/),
    });
  });

  it("whose reader is slow does not stall", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { url, response } = await startHeld(beginBody);
    const answer = await createTransport().send(get(url));
    const body = answer.body[Symbol.asyncIterator]();
    await body.next();
    vi.advanceTimersByTime(3_600_000);
    (await response).end("x".repeat(95));
    expect(await body.next()).toMatchObject({ done: false });
  });

  it("cut short is transient", async () => {
    const { url, response } = await startHeld(beginBody);
    const answer = await createTransport().send(get(url));
    const reading = readAll(answer.body);
    (await response).destroy();
    await expect(reading).rejects.toMatchObject({ kind: "transient" });
  });

  it("left early closes the connection", async () => {
    const { url, response } = await startHeld(beginBody);
    const answer = await createTransport().send(get(url));
    const closed = once(await response, "close");
    for await (const chunk of answer.body) {
      expect(Buffer.from(chunk).toString()).toBe("first");
      break;
    }
    await closed;
  });

  it("never begun closes the connection", async () => {
    const { url, response } = await startHeld(beginBody);
    const answer = await createTransport({ idleTimeoutMs: 20 }).send(get(url));
    await once(await response, "close");
    await expect(readText(answer)).rejects.toMatchObject({ kind: "transient" });
  });

  it("that is not there is empty", async () => {
    const server = await startServer((_request, response) => response.writeHead(204).end());
    expect(await readText(await createTransport().send(get(server.url)))).toBe("");
  });
});
