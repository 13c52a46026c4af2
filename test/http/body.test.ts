import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { once } from "node:events";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BodyTooLarge, readBody } from "../../src/http/body.ts";

const CAP = 64 * 1024;
let url: string;
let server: ReturnType<typeof serve>;

beforeAll(async () => {
  const fetch = async (request: Request) => {
    try {
      return new Response(Buffer.from(await readBody(request, CAP)).toString("hex"));
    } catch (error) {
      return new Response(null, { status: error instanceof BodyTooLarge ? 413 : 500 });
    }
  };
  server = serve({
    fetch,
    hostname: "127.0.0.1",
    port: 0,
    overrideGlobalObjects: false,
    createServer,
  });
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

const chunked = (...chunks: string[]) =>
  fetch(url, {
    method: "POST",
    body: new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
        controller.close();
      },
    }),
    duplex: "half",
  });

test("the bytes come as they were sent, with a length and without", async () => {
  const bytes = Buffer.from([0, 255, 128, 13, 10]);
  expect(await (await fetch(url, { method: "POST", body: bytes })).text()).toBe("00ff800d0a");
  expect(await (await chunked("ab", "cd")).text()).toBe("61626364");
  expect(await (await fetch(url, { method: "POST" })).text()).toBe("");
});

test("a body of exactly the most is taken, and one byte more is refused, announced or not", async () => {
  const status = async (answer: Promise<Response>) => (await answer).status;
  expect(await status(fetch(url, { method: "POST", body: "x".repeat(CAP) }))).toBe(200);
  expect(await status(fetch(url, { method: "POST", body: "x".repeat(CAP + 1) }))).toBe(413);
  expect(await status(chunked("x".repeat(CAP)))).toBe(200);
  expect(await status(chunked("x".repeat(CAP), "x"))).toBe(413);
});

test("a refused body leaves its connection to the next request", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async (size: number, announced: boolean) => {
    const length = announced ? { "content-length": size } : { "transfer-encoding": "chunked" };
    const sent = request(url, { agent, method: "POST", headers: length });
    sent.end("x".repeat(size));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.resume();
    await once(answer, "end");
    return answer.statusCode;
  };
  for (const announced of [true, false]) {
    expect(await ask(CAP * 10, announced)).toBe(413);
    expect(await ask(1, announced)).toBe(200);
  }
  agent.destroy();
});

test("what is sent beyond the announced length is no part of the body", async () => {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1");
  socket.end(
    `POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nab${"x".repeat(50)}`,
  );
  let answer = "";
  for await (const chunk of socket.setEncoding("utf8")) answer += chunk;
  // Node may refuse the rest as a second request before the first is answered.
  expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
  expect(answer).not.toContain("7878");
});

test("a declared length that a request of ours contradicts does not lift the cap", async () => {
  const headers = { "content-length": "1" };
  const contradicted = new Request("http://x/", {
    method: "POST",
    body: "x".repeat(CAP + 1),
    headers,
  });
  await expect(readBody(contradicted, CAP)).rejects.toThrow(BodyTooLarge);
});

test.each([{}, { "content-length": String(CAP * 10) }])(
  "too much is read to its end before it is refused, so that whoever writes first is answered: %o",
  async (headers) => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(CAP));
        if (++sent === 10) controller.close();
      },
    });
    const init = { method: "POST", headers, body, duplex: "half" as const };
    await expect(readBody(new Request("http://x/", init), CAP)).rejects.toThrow(BodyTooLarge);
    expect(sent).toBe(10);
  },
);
