import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../../src/db/open.ts";
import { listen } from "../../../src/http/server.ts";
import { ADMIN_TOKEN, openWeb, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());

const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}` };
const JSON_BODY = { ...AUTHORIZED, "content-type": "application/json" };

test.each([
  ["no token", {}],
  ["another token", { authorization: "Bearer of bad news" }],
  ["the beginning of the token", { authorization: `Bearer ${ADMIN_TOKEN.slice(0, -1)}` }],
  ["another scheme", { authorization: `Basic ${ADMIN_TOKEN}` }],
])("%s is a 401, alike for what exists and what does not", async (_, headers) => {
  const there = await web.send("/api/accounts", { headers });
  const nowhere = await web.send("/api/nowhere", { headers });
  expect(there.status).toBe(401);
  expect(there.headers.get("www-authenticate")).toBe("Bearer");
  expect(there.headers.get("content-type")).toBe("application/problem+json");
  expect(nowhere.text).toBe(there.text);
});

test("a path that is none is a 404 as a problem", async () => {
  const answer = await web.get("/api/nowhere");
  expect(answer.status).toBe(404);
  expect(answer.body).toEqual({
    type: "about:blank",
    title: "Not Found",
    status: 404,
    detail: "There is nothing here",
    hint: expect.stringMatching("openapi.json"),
  });
});

test("outside the API a 404 is a plain sentence", async () => {
  const answer = await web.send("/nowhere.php");
  expect(answer.status).toBe(404);
  expect(answer.headers.get("content-type")).toMatch("text/plain");
});

test("a method that a path does not have is a 405 that names those it has", async () => {
  for (const [path, allow] of [
    ["/api/accounts", "POST, GET"],
    ["/api/accounts/1", "GET, DELETE"],
  ] as const) {
    const answer = await web.call("PUT", path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe(allow);
  }
});

test("a field that is missing is said to be missing, whatever it should hold", async () => {
  const { status, body } = await web.post("/api/sources", {});
  expect(status).toBe(400);
  expect(body["errors"]).toEqual(
    ["accountId", "name", "folderId"].map((field) => ({
      pointer: `/${field}`,
      detail: "is missing",
    })),
  );
});

test.each([
  [
    "/api/sources",
    { accountId: crypto.randomUUID(), name: "a", folderId: "1", metadata: { "a b": "c" } },
    "/metadata/a b",
    /is not a key: 1 to 64/,
  ],
  ["/api/accounts", { name: "a", auth: { kind: "oauth" } }, "/auth/kind", /page \/accounts\/link/],
])("what is wrong is told by what is allowed: %s", async (path, body, pointer, detail) => {
  const answer = await web.post(path, body);
  expect(answer.status).toBe(400);
  expect(answer.body["errors"]).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
});

test("a body that is not JSON by its type is a 415", async () => {
  const headers = { ...AUTHORIZED, "content-type": "text/plain" };
  const answer = await web.send("/api/accounts", { method: "POST", headers, body: "{}" });
  expect(answer.status).toBe(415);
  expect(answer.body["hint"]).toMatch("application/json");
});

test.each([
  ["ends too early", '{"name": ', "ends before it is complete"],
  ["lacks a colon", '{\n  "token" "secret"}', "cannot be read from line 2, column 11 on"],
  ["is something else", "name=secret", "cannot be read"],
  ["is not UTF-8", Buffer.from('{"name": "M\u00fcller"}', "latin1"), "cannot be read"],
])("a body that %s is a 400 that says where, and quotes nothing", async (_, body, detail) => {
  const answer = await web.send("/api/accounts", { method: "POST", headers: JSON_BODY, body });
  expect(answer.status).toBe(400);
  expect(answer.body).toMatchObject({
    detail: "The body is not JSON in UTF-8",
    errors: [{ pointer: "", detail }],
    hint: expect.any(String),
  });
  expect(answer.text).not.toContain("secret");
});

test.each(["null", "[]", '"text"'])("a body that is %s and no object is a 400", async (body) => {
  const answer = await web.send("/api/accounts", { method: "POST", headers: JSON_BODY, body });
  expect(answer.status).toBe(400);
  expect(answer.body["errors"]).toMatchObject([{ pointer: "" }]);
});

test("a missing body is a 400", async () => {
  const answer = await web.post("/api/accounts");
  expect(answer.status).toBe(400);
});

test("an empty body that says it is JSON holds no field, and is fine where none is needed", async () => {
  const json = { ...AUTHORIZED, "content-type": "application/json" };
  const tested = await web.send(`/api/accounts/${crypto.randomUUID()}/test`, {
    method: "POST",
    headers: json,
  });
  expect(tested.status).toBe(404);
  const created = await web.send("/api/accounts", { method: "POST", headers: json });
  expect(created.status).toBe(400);
  expect(created.body).toMatchObject({
    errors: [{ pointer: "/name" }, { pointer: "/auth" }],
  });
});

test("an empty body is none where none is needed", async () => {
  const empty = { method: "POST", headers: AUTHORIZED, body: new Uint8Array() };
  const nobody = crypto.randomUUID();
  for (const path of [`/api/accounts/${nobody}/test`, `/api/sources/${nobody}/pause`])
    expect((await web.send(path, empty)).status).toBe(404);
});

test("a database that is away is a 503 that says when to ask again", async () => {
  const away = openDatabase("postgres://nobody@127.0.0.1:1/nothing");
  const cut = await openWeb({ db: away.db });
  const answer = await cut.get("/api/accounts");
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("10");
  expect(answer.body).toMatchObject({ detail: "The database does not answer" });
  expect(answer.text).not.toContain("127.0.0.1");
  await Promise.all([cut.close(), away.close()]);
});

test("a body beyond 1 MiB is a 413, whatever length it declares", async () => {
  const body = JSON.stringify({ name: "x".repeat(1 << 20) });
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(body));
      controller.close();
    },
  });
  const init = { method: "POST", headers: JSON_BODY, body: chunks, duplex: "half" as const };
  const answer = await web.send("/api/accounts", init);
  expect(answer.status).toBe(413);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
});

test("a client that writes all of a large body before it reads is told all the same", async () => {
  const served = await listen(web.app.fetch, { host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${served.port}/api/replays`;
  const body = Buffer.alloc(8 << 20, " ");
  const fetched = await fetch(url, { method: "POST", headers: JSON_BODY, body });
  expect(fetched.status).toBe(413);
  expect(await fetched.json()).toMatchObject({ status: 413, hint: expect.any(String) });
  const sent = request(url, { method: "POST", headers: JSON_BODY });
  await new Promise<void>((written) => sent.write(body, () => written()));
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  expect(JSON.parse(text)).toMatchObject({ status: 413, title: "Payload Too Large" });
  await served.close();
});

test.each([
  ["/limit", "limit=0"],
  ["/limit", "limit=201"],
  ["/limit", "limit=ten"],
  ["/limit", "limit=1.5"],
  ["/cursor", "cursor=nonsense"],
  ["/cursor", `cursor=${Buffer.from("{}").toString("base64url")}`],
  ["/colour", "colour=red"],
])("a fault in the query is named: %s for ?%s", async (pointer, query) => {
  for (const list of ["accounts", "sources", "versions", "failures", "replays", "deliveries"]) {
    const answer = await web.get(`/api/${list}?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body["errors"]).toMatchObject([{ pointer }]);
  }
});

test.each(["1", "not-an-id", "0".repeat(40), "%00", crypto.randomUUID(), "9".repeat(18)])(
  "an id that names nothing is a 404, whatever it looks like: %s",
  async (id) => {
    for (const list of ["accounts", "sources", "versions", "deliveries"]) {
      const answer = await web.get(`/api/${list}/${id}`);
      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  },
);

test("trouble of our own is a 500 that says nothing of it, and a line in the log that does", async () => {
  const broken = await openWeb({
    boxes: {
      of: () => Promise.reject(new Error("secret detail")),
      trial: () => {
        throw new Error("secret detail");
      },
    },
  });
  const auth = { kind: "developerToken", token: "token" };
  const answer = await broken.post("/api/accounts", { name: "Lab", auth });
  await broken.close();
  expect(answer.status).toBe(500);
  expect(answer.text).not.toContain("secret detail");
  expect(broken.lines.join()).toContain("secret detail");
});

test("answers are not guessed at, not kept and not told about", async () => {
  const { headers } = await web.get("/api/accounts");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("referrer-policy")).toBe("no-referrer");
  expect(headers.get("cache-control")).toBe("no-store");
  const refused = await web.send("/api/accounts");
  expect(refused.headers.get("cache-control")).toBe("no-store");
});
