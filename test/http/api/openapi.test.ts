import { z } from "zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { accountId as asAccountId } from "../../../src/core/ids.ts";
import { recordEvents } from "../../../src/db/events.ts";
import { aDelivery, anAccount, anObject, aSource, aWalk } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

interface Operation {
  summary?: string;
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}
interface Description {
  openapi: string;
  security: object[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}

let web: Web;
let description: Description;
beforeAll(async () => {
  web = await openWeb();
  web.box.addFolder("100");
  const answer = await web.send("/api/openapi.json");
  description = JSON.parse(answer.text) as Description;
});
afterAll(() => web.close());

test("the description is open, of OpenAPI 3.1, and names the token that everything else asks for", () => {
  expect(description.openapi).toBe("3.1.0");
  expect(description.security).toEqual([{ adminToken: [] }]);
  expect(description.components.securitySchemes["adminToken"]).toMatchObject({
    type: "http",
    scheme: "bearer",
  });
});

test("every route of the API is described, with a summary", () => {
  const served = web.app.routes
    .filter(({ path, method }) => path.startsWith("/api/") && method !== "ALL")
    .filter(({ path }) => path !== "/api/openapi.json")
    .map(({ path, method }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const described = Object.entries(description.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      expect(operation.summary, `${method} ${path}`).toMatch(/^[A-Z].{9,}/);
      return `${method.toUpperCase()} ${path}`;
    }),
  );
  expect(described.sort()).toEqual([...new Set(served)].sort());
  expect(described.length).toBeGreaterThan(15);
});

test("every route describes the refusals that each may answer with", () => {
  for (const [path, operations] of Object.entries(description.paths))
    for (const [method, { responses }] of Object.entries(operations))
      expect(Object.keys(responses), `${method} ${path}`).toEqual(
        expect.arrayContaining(["400", "401", "503"]),
      );
});

/** The answer's own schema, out of the description alone, as another program would read it. */
function schemaOf(method: string, path: string, status: number, type: string) {
  const operation = description.paths[path]?.[method.toLowerCase()];
  const schema = operation?.responses[String(status)]?.content?.[type]?.schema;
  if (!schema) throw new Error(`${method} ${path} does not describe ${status} as ${type}`);
  const whole = { ...schema, $defs: description.components.schemas };
  const text = JSON.stringify(whole).replaceAll("#/components/schemas/", "#/$defs/");
  return z.fromJSONSchema(JSON.parse(text, closed) as Parameters<typeof z.fromJSONSchema>[0]);
}

/** Clients may be sent more than is described; this test wants to know of it. */
function closed(_: string, value: unknown) {
  if (typeof value !== "object" || value === null || !("properties" in value)) return value;
  return "additionalProperties" in value ? value : { ...value, additionalProperties: false };
}

async function expectDescribed(method: string, pattern: string, id?: string, body?: unknown) {
  const path = pattern.replace("{id}", id ?? "");
  const { status, headers, text } = await web.call(method, path, body);
  const type = headers.get("content-type") ?? "";
  const schema = schemaOf(method, pattern, status, type);
  const parsed = schema.safeParse(JSON.parse(text));
  expect({ path, status, error: parsed.error }).toEqual({ path, status, error: undefined });
  return status;
}

test("answers are as they are described, good and bad", async () => {
  const { db } = web;
  const auth = { kind: "developerToken", token: "token" };
  const linked = { name: "Lab", auth };
  expect(await expectDescribed("POST", "/api/accounts", undefined, linked)).toBe(201);
  expect(await expectDescribed("POST", "/api/accounts", undefined, linked)).toBe(409);
  expect(await expectDescribed("POST", "/api/accounts", undefined, {})).toBe(400);
  const { id: accountId } = await anAccount(db, { state: "needs_relogin", reason: "No." });
  const asked = { accountId, name: "Inbox", folderId: "100", metadata: { a: "b" } };
  expect(await expectDescribed("POST", "/api/sources", undefined, asked)).toBe(201);
  const missing = { ...asked, folderId: "404" };
  expect(await expectDescribed("POST", "/api/sources", undefined, missing)).toBe(422);

  const source = await aSource(db, accountId);
  await aWalk(db, source, { state: "given_up", failureReason: "No.", failedAt: new Date() });
  const failed = { failureReason: "No.", failedAt: new Date() };
  await anObject(db, source.id, { state: "given_up", ...failed });
  const object = await anObject(db, source.id, { state: "stored" });
  const delivery = await aDelivery(db, accountId);
  const odd = { eventId: "1", eventType: "ITEM_UPLOAD", odd: "no id", raw: { source: null } };
  await recordEvents(db, asAccountId(accountId), "changes", [odd]);
  const replayed = await web.post("/api/replays", { sourceId: source.id });
  expect(replayed.status).toBe(200);
  await anObject(db, source.id, { state: "given_up", ...failed });

  for (const list of [
    "accounts",
    "sources",
    "versions",
    "failures",
    "replays",
    "deliveries",
    "events",
  ]) {
    expect(await expectDescribed("GET", `/api/${list}`)).toBe(200);
    expect((await web.get(`/api/${list}`)).text).not.toContain('"items":[]');
  }
  expect(await expectDescribed("GET", "/api/doors")).toBe(200);
  for (const [list, id] of [
    ["accounts", accountId],
    ["sources", source.id],
    ["versions", String(object.id)],
    ["deliveries", String(delivery.id)],
  ] as const) {
    expect(await expectDescribed("GET", `/api/${list}/{id}`, id)).toBe(200);
    expect(await expectDescribed("GET", `/api/${list}/{id}`, "none")).toBe(404);
  }
  expect(await expectDescribed("POST", "/api/accounts/{id}/test", accountId)).toBe(200);
  const untried = { auth, folderId: "100" };
  expect(await expectDescribed("POST", "/api/accounts/test", undefined, untried)).toBe(200);
  web.box.failWith(new Failure("unauthorized", "Box refuses the token"));
  expect(await expectDescribed("POST", "/api/accounts/test", undefined, untried)).toBe(422);
  web.box.failWith(undefined);
  const keys = { primary: "a", secondary: "b" };
  const secret = (name: string) => `/api/accounts/{id}/${name}`;
  expect(await expectDescribed("PUT", secret("signature-keys"), accountId, keys)).toBe(200);
  expect(await expectDescribed("PUT", secret("credentials"), accountId, { auth })).toBe(200);
  const picker = "/api/accounts/{id}/folders";
  expect(await expectDescribed("GET", picker, accountId)).toBe(200);
  expect(await expectDescribed("POST", "/api/sources/{id}/pause", source.id)).toBe(200);
  expect(await expectDescribed("PATCH", "/api/sources/{id}", source.id, { tags: ["a"] })).toBe(200);
  expect(await expectDescribed("POST", "/api/sources/{id}/backfills", source.id)).toBe(202);
  const tried = { sourceId: source.id, pathTemplate: "{study}/**" };
  expect(await expectDescribed("POST", "/api/sources/preview", undefined, tried)).toBe(200);
  const field = { required: true, allowedValues: ["Basel"] };
  const fields = "/api/metadata-fields";
  const { status } = await web.call("PUT", `${fields}/site`, field);
  expect(status).toBe(200);
  expect(await expectDescribed("GET", fields)).toBe(200);
  expect(await expectDescribed("GET", "/api/sources/{id}", source.id)).toBe(200);
  const withoutSite = { tags: ["b"] };
  expect(await expectDescribed("PATCH", "/api/sources/{id}", source.id, withoutSite)).toBe(422);
  expect((await web.remove(`${fields}/site`)).status).toBe(204);
  expect(await expectDescribed("POST", "/api/sources/{id}/sweeps", source.id)).toBe(202);
  for (const report of ["sweeps", "completeness"]) {
    expect(await expectDescribed("GET", `/api/sources/{id}/${report}`, source.id)).toBe(200);
    expect(await expectDescribed("GET", `/api/sources/{id}/${report}`, "none")).toBe(404);
  }
  const chosen = { sourceId: source.id, dryRun: true };
  expect(await expectDescribed("POST", "/api/replays", undefined, chosen)).toBe(200);
});

test("what changes an account answers as it is described", async () => {
  const { id } = await anAccount(web.db);
  const post = (act: string, body?: object) =>
    expectDescribed("POST", `/api/accounts/{id}/${act}`, id, body);
  expect(await post("pause", { reason: "Box is being moved" })).toBe(200);
  expect(await post("pause", { reason: 7 })).toBe(400);
  expect(await post("resume")).toBe(200);
  web.box.refuse("logOut", new Failure("transient", "Box does not answer"));
  expect(await expectDescribed("DELETE", "/api/accounts/{id}", id)).toBe(200);
  web.box.refuse("logOut", undefined);
});
