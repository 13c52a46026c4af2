import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { listen } from "../../src/http/server.ts";

test("closing waits for what is being answered, and not for a request that never ends", async () => {
  const begun = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<Response>();
  const fetchOf = (request: Request) => {
    if (request.method === "POST") return request.text().then((text) => new Response(text));
    begun.resolve();
    return answered.promise;
  };
  const server = await listen(fetchOf, { host: "127.0.0.1", port: 0, graceMs: 200 });
  const endless = connect(server.port, "127.0.0.1");
  endless.on("error", () => {});
  endless.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nbegun");
  const honest = fetch(`http://127.0.0.1:${server.port}/`);
  await begun.promise;

  const closed = server.close();
  answered.resolve(new Response("done"));
  expect(await (await honest).text()).toBe("done");
  await Promise.all([closed, once(endless, "close")]);
});

test("a port that is taken is said", async () => {
  const fetchOf = () => new Response();
  const server = await listen(fetchOf, { host: "127.0.0.1", port: 0 });
  const second = listen(fetchOf, { host: "127.0.0.1", port: server.port });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  await server.close();
});
