import { afterAll, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());

const SOURCE = { accountId: crypto.randomUUID(), name: "a", folderId: "1" };

test.each([
  ["/api/sources", { ...SOURCE, name: 7 }, "/name", "is not text"],
  ["/api/sources", { ...SOURCE, name: " " }, "/name", "is empty"],
  ["/api/sources", { ...SOURCE, subfolders: "yes" }, "/subfolders", "is neither true nor false"],
  ["/api/sources", { ...SOURCE, minBytes: 1.5 }, "/minBytes", "is not a whole number"],
  ["/api/sources", { ...SOURCE, minBytes: 1e300 }, "/minBytes", /^is not a whole number|^is more/],
  ["/api/sources", { ...SOURCE, history: "some" }, "/history", "is not one of current, all"],
  ["/api/sources", { ...SOURCE, tags: "a" }, "/tags", "is not a list"],
  ["/api/sources", { ...SOURCE, tags: [["a"]] }, "/tags/0", /^is a list/],
  ["/api/sources", { ...SOURCE, metadata: [] }, "/metadata", /^is a list/],
  ["/api/sources", { ...SOURCE, metadata: { a: 1 } }, "/metadata/a", "is not text"],
  ["/api/sources", { ...SOURCE, colour: "red" }, "/colour", "is no field of this request"],
  [
    "/api/sources",
    { ...SOURCE, folderId: "https://app.box.com/folder/1" },
    "/folderId",
    "is not a Box id: expected the digits that end the folder's address at Box",
  ],
  ["/api/sources", [], "", /^is a list/],
  ["/api/accounts", { name: "a", auth: "secret" }, "/auth", "is not an object"],
  ["/api/accounts", { name: "a", auth: {} }, "/auth/kind", /^is not one of ccg, jwt/],
  [
    "/api/accounts/test",
    { auth: { kind: "developerToken", token: 1 } },
    "/auth/token",
    "is not text",
  ],
  ["/api/replays", { state: "lost" }, "/state", "is not one of given_up, waiting, stored"],
  ["/api/sources/preview", { calls: 0 }, "/calls", "is less than 1"],
])("every fault is told in plain words: %s %o", async (path, body, pointer, detail) => {
  const answer = await web.post(path, body);
  expect(answer.status).toBe(400);
  expect(answer.body["errors"]).toContainEqual({
    pointer,
    detail: typeof detail === "string" ? detail : expect.stringMatching(detail),
  });
});

test.each([
  ["credentials", { auth: { kind: "card" } }, "/auth/kind", /ccg, jwt, developerToken, oauth$/],
  ["signature-keys", { primary: "a", secondary: "b", graceMs: -1 }, "/graceMs", /^is less than 0$/],
  [
    "signature-keys",
    { primary: "a", secondary: "b", graceMs: 1e9 },
    "/graceMs",
    /^is more than 86400000$/,
  ],
])("what is put is told in plain words, too: %s %o", async (path, body, pointer, detail) => {
  const answer = await web.call("PUT", `/api/accounts/${crypto.randomUUID()}/${path}`, body);
  expect(answer.body["errors"]).toEqual([{ pointer, detail: expect.stringMatching(detail) }]);
});

/** What zod says where nobody else does. */
const LIBRARY =
  /invalid|expected (string|number|array|object|boolean)|too (big|small)|unrecognized/i;

test("no fault of any body is told in a library's words", async () => {
  const paths = Object.entries(
    (await web.send("/api/openapi.json")).body["paths"] as Record<string, Record<string, object>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      "requestBody" in operation ? [[method.toUpperCase(), path] as const] : [],
    ),
  );
  expect(paths.length).toBeGreaterThan(8);
  const fields = ["name", "auth", "signatureKeys", "folderId", "include", "minBytes", "history"]
    .concat(["metadata", "tags", "reason", "primary", "graceMs", "callsPerMinute", "callsPerMonth"])
    .concat(["failureIds", "dryRun", "from", "sourceId", "calls", "items", "cursor", "required"])
    .concat(["allowedValues", "description", "bucket", "prefix", "nameTemplate", "pathTemplate"]);
  for (const [method, path] of paths)
    for (const value of [null, 7, -1, 1e300, "", "x", true, [], [null], {}, { kind: "jwt" }]) {
      const whole = await web.call(method, path.replace(/\{\w+\}/, crypto.randomUUID()), value);
      const each = Object.fromEntries(fields.map((field) => [field, value]));
      const parts = await web.call(method, path.replace(/\{\w+\}/, crypto.randomUUID()), each);
      for (const { status, body } of [whole, parts]) {
        expect(status, `${method} ${path}`).toBeLessThan(500);
        expect(JSON.stringify(body["errors"] ?? [])).not.toMatch(LIBRARY);
      }
    }
});

test("a parameter that a request does not take is named, whether it takes others or none", async () => {
  const id = crypto.randomUUID();
  for (const [method, path] of [
    ["GET", "/api/sources"],
    ["GET", `/api/sources/${id}`],
    ["DELETE", `/api/sources/${id}`],
    ["POST", `/api/sources/${id}/sweeps`],
    ["GET", "/api/metadata-fields"],
    ["GET", `/api/accounts/${id}/budget`],
  ] as const) {
    const answer = await web.call(method, `${path}?colour=red&colour=blue&a~b=`);
    expect(answer.status, path).toBe(400);
    expect(answer.body["errors"]).toEqual(
      ["/colour", "/a~0b"].map((pointer) => ({
        pointer,
        detail: "is no parameter of this request",
      })),
    );
  }
  expect((await web.get("/api/nowhere?colour=red")).status).toBe(404);
  expect((await web.call("PUT", "/api/accounts?colour=red")).status).toBe(405);
});

test("what a request does not take is told with where it is described", async () => {
  for (const answer of [
    web.post("/api/sources", { ...SOURCE, colour: "red" }),
    web.get("/api/sources?colour=red"),
    web.call("DELETE", `/api/sources/${crypto.randomUUID()}?colour=red`),
  ])
    expect((await answer).body["hint"]).toContain("/api/openapi.json");
  expect((await web.post("/api/sources", { ...SOURCE, name: 7 })).body["hint"]).toBeUndefined();
});

test.each([
  ["fileId=plate.csv", "/fileId", "is not a Box id: expected digits"],
  ["from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "/to", "is not after from"],
])(
  "a search that could find nothing says so, rather than nothing: %s",
  async (query, pointer, detail) => {
    const answer = await web.get(`/api/versions?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body["errors"]).toEqual([{ pointer, detail }]);
  },
);

test("a body where none is asked for is refused by its fields, unless it holds none", async () => {
  const source = `/api/sources/${crypto.randomUUID()}`;
  const field = "is no field of this request";
  for (const [method, path] of [
    ["POST", `${source}/sweeps`],
    ["POST", `${source}/pause`],
    ["DELETE", source],
  ] as const) {
    const told = await web.call(method, path, { full: true, "a/b": 1 });
    expect(told.status, path).toBe(400);
    expect(told.body["errors"]).toEqual([
      { pointer: "/full", detail: field },
      { pointer: "/a~1b", detail: field },
    ]);
    const odd = await web.call(method, path, "full");
    expect(odd.body["errors"]).toEqual([{ pointer: "", detail: field }]);
    expect((await web.call(method, path, {})).status).toBe(404);
    expect((await web.call(method, path)).status).toBe(404);
  }
});

test("what Box refuses is told with the field that named it", async () => {
  const auth = { kind: "developerToken", token: "token" };
  const linked = await web.post("/api/accounts", { name: "Named", auth });
  const accountId = String(linked.body["id"]);
  const source = { accountId, name: "Nowhere", folderId: "404" };
  const preview = { accountId, name: "Nowhere", folderId: "404" };
  const errorsOf = async (answer: Promise<{ status: number; body: Record<string, unknown> }>) => {
    const { status, body } = await answer;
    expect(status).toBe(422);
    return body["errors"];
  };
  const unseen = (pointer: string) => [
    { pointer, detail: "names no folder that Box shows this account" },
  ];
  expect(await errorsOf(web.post("/api/sources", source))).toEqual(unseen("/folderId"));
  expect(await errorsOf(web.post("/api/sources/preview", preview))).toEqual(unseen("/folderId"));
  const folders = `/api/accounts/${accountId}/folders`;
  expect(await errorsOf(web.get(`${folders}?parent=404`))).toEqual(unseen("/parent"));
  for (const from of ["404", "https://example.com/"])
    expect(await errorsOf(web.get(`${folders}/resolve?from=${from}`))).toEqual(unseen("/from"));

  web.box.failWith(new Failure("unauthorized", "Box refuses the token"));
  const refused = [{ pointer: "/auth", detail: "is refused by Box" }];
  expect(await errorsOf(web.post("/api/accounts", { name: "Refused", auth }))).toEqual(refused);
  expect(await errorsOf(web.post("/api/accounts/test", { auth }))).toEqual(refused);
  const credentials = `/api/accounts/${accountId}/credentials`;
  expect(await errorsOf(web.call("PUT", credentials, { auth }))).toEqual(refused);
  web.box.failWith(undefined);
  const oauth = { kind: "oauth", clientId: "a", clientSecret: "b" };
  expect(await errorsOf(web.call("PUT", credentials, { auth: oauth }))).toEqual([
    { pointer: "/auth", detail: "is not of this account" },
  ]);
});
