import { createServer } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { exchange } from "../../src/lake/exchange.ts";
import { startScript } from "./scripted-server.ts";

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const signal = new AbortController().signal;

test("sends the bytes with their length and answers whatever the status, also a redirect", async () => {
  const server = await startScript(() => ({
    status: 308,
    headers: { location: "/elsewhere", range: "bytes=0-2" },
    body: "go on",
  }));
  const body = Buffer.from("abc");
  const answer = await exchange({
    method: "PUT",
    url: `${server.url}/x`,
    headers: {},
    body,
    signal,
  });
  expect(answer).toMatchObject({ status: 308, headers: { range: "bytes=0-2" }, text: "go on" });
  expect(server.received).toHaveLength(1);
  expect(server.received[0]).toMatchObject({ body, headers: { "content-length": "3" } });
});

test("uses a connection again", async () => {
  let connections = 0;
  const server = createServer((_, outgoing) => outgoing.end("ok"));
  server.on("connection", () => connections++);
  const url = await listen(server);
  for (let asked = 0; asked < 3; asked++)
    await exchange({ method: "GET", url, headers: {}, body: "", signal });
  expect(connections).toBe(1);
});

test("stops writing when the answer comes before the end of the request", async () => {
  const arrived = Promise.withResolvers<Socket>();
  const server = createTcpServer((socket) => {
    socket.once("data", () => {
      // Reads nothing more, so that the rest of the request stays with its sender for now.
      socket.pause().write("HTTP/1.1 503 No\r\ncontent-length: 6\r\n\r\nenough");
      arrived.resolve(socket);
    });
  });
  const url = await listen(server);
  const body = Buffer.alloc(64 * 1024 * 1024);
  const answer = await exchange({ method: "PUT", url, headers: {}, body, signal });
  expect(answer).toMatchObject({ status: 503, text: "enough" });
  const socket = await arrived.promise;
  await new Promise((resolve) =>
    socket
      .on("error", () => {})
      .on("close", resolve)
      .resume(),
  );
  expect(socket.bytesRead).toBeLessThan(body.length);
});

test("throws when it is told to stop or the connection is cut", async () => {
  const server = await startScript(() => "reset");
  const stopped = AbortSignal.abort();
  const request = { method: "GET", url: server.url, headers: {}, body: "" } as const;
  await expect(exchange({ ...request, signal })).rejects.toMatchObject({ code: "ECONNRESET" });
  await expect(exchange({ ...request, signal: stopped })).rejects.toMatchObject({
    name: "AbortError",
  });
});
