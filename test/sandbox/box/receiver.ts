import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  headers: Record<string, string>;
  raw: string;
  body: {
    id: string;
    trigger: string;
    source: Record<string, unknown>;
    webhook: { id: string };
    additional_info: unknown;
  };
}

/** An address that webhooks are sent to. Answers 200 until told otherwise. */
export async function startReceiver() {
  const received: Received[] = [];
  let answer: (one: Received) => number = () => 200;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const raw = Buffer.concat(parts).toString();
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      );
      const one: Received = { headers, raw, body: JSON.parse(raw) as Received["body"] };
      received.push(one);
      response.statusCode = answer(one);
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    received,
    triggers: () => received.map(({ body }) => body.trigger),
    answerWith(next: (one: Received) => number) {
      answer = next;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
