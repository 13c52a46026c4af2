import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { folderId, versionId } from "../../../src/core/ids.ts";
import { accounts } from "../../../src/db/schema.ts";
import { type Answer, openWeb, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
  web.box.addFolder("100");
  const version = {
    versionId: versionId("1"),
    sizeBytes: 7,
    sha1: "a".repeat(40),
    name: "plate.csv",
    uploadedBy: undefined,
    createdAt: undefined,
    contentCreatedAt: undefined,
    contentModifiedAt: undefined,
  };
  web.box.addFile("200", "plate.csv", { parentId: folderId("100"), version });
});
afterAll(() => web.close());
afterEach(() => {
  web.box.failWith(undefined);
  for (const call of ["events", "webhooks", "download"] as const) web.box.refuse(call, undefined);
  web.box.become({ enterpriseId: "500" });
  web.box.setClock(0);
});

const TOKEN = { kind: "developerToken", token: "the developer token" };
const KEYS = { primary: "the primary key", secondary: "the secondary key" };
const ENTERPRISE = {
  kind: "ccg",
  clientId: "the client",
  clientSecret: "the client's secret",
  subject: "enterprise",
  subjectId: "500",
};

const tried = (wanted: object) => web.post("/api/accounts/test", { auth: TOKEN, ...wanted });
const line = (answer: Answer, name: string) =>
  (answer.body["checks"] as { name: string }[]).find((check) => check.name === name);
const forbidden = (code: string) => new Failure("forbidden", `403 ${code}`, { code, hint: "x" });

test("new credentials are tested whole, and nothing is kept of them", async () => {
  const before = web.box.content.opened;
  const known = await web.db.select().from(accounts);
  const answer = await tried({ auth: ENTERPRISE, signatureKeys: KEYS, folderId: "100" });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    ok: true,
    identity: { userId: "17", login: "lab@example.com", name: "Lab", enterpriseId: "500" },
  });
  const checks = answer.body["checks"] as { name: string; ok: boolean }[];
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ["credentials", true],
    ["clock", true],
    ["enterprise", true],
    ["enterprise_events", true],
    ["webhooks", true],
    ["public_address", true],
    ["signature_keys", true],
    ["folder", true],
    ["download", true],
  ]);
  expect(line(answer, "folder")).toMatchObject({ detail: "All Files / Inbox" });
  expect(web.box.content).toEqual({ opened: before + 1, closed: before + 1 });
  expect(await web.db.select().from(accounts)).toEqual(known);
  for (const secret of [ENTERPRISE.clientSecret, KEYS.primary])
    expect([answer.text, ...web.lines].join()).not.toContain(secret);
});

test("what only makes Longshore quicker may be lacking, and is told with what to do", async () => {
  web.box.refuse("events", forbidden("insufficient_scope"));
  web.box.refuse("webhooks", forbidden("insufficient_scope"));
  web.box.become({ enterpriseId: undefined });
  const answer = await tried({ auth: ENTERPRISE });
  expect(answer.body["ok"]).toBe(true);
  const hint = (words: string): unknown => expect.stringContaining(words);
  for (const [name, words] of [
    ["enterprise", "managed user"],
    ["enterprise_events", "Manage enterprise properties"],
    ["webhooks", "Manage webhooks"],
    ["signature_keys", "Manage signature keys"],
  ] as const)
    expect(line(answer, name)).toMatchObject({ ok: false, needed: false, hint: hint(words) });
});

test.each([
  [2_000, "2 s behind", true],
  [-29_000, "29 s ahead", true],
  [31_000, "31 s behind", false],
  [-3_600_000, "3600 s ahead", false],
])("a clock that Box's is %d ms ahead of is told: %s", async (offsetMs, words, ok) => {
  web.box.setClock(offsetMs);
  const answer = await tried({});
  expect(answer.body["ok"]).toBe(true);
  expect(line(answer, "clock")).toMatchObject({ ok, needed: false });
  expect(line(answer, "clock")).toHaveProperty("detail", expect.stringContaining(words));
  const hint: unknown = expect.stringContaining("Synchronise");
  if (!ok) expect(line(answer, "clock")).toMatchObject({ hint });
  web.box.failWith(new Failure("unauthorized", "Box refuses"));
  expect(line(await tried({}), "clock"), "beside refused credentials, too").toMatchObject({ ok });
});

test("the enterprise's events are not asked for where nobody speaks for the enterprise", async () => {
  web.box.refuse("events", forbidden("insufficient_scope"));
  expect(line(await tried({}), "enterprise_events")).toMatchObject({ ok: true });
});

test("no public address is a line of its own", async () => {
  const hidden = await openWeb({ webhookBase: undefined });
  const answer = await hidden.post("/api/accounts/test", { auth: TOKEN });
  await hidden.close();
  expect(answer.body["ok"]).toBe(true);
  expect(line(answer, "public_address")).toMatchObject({ ok: false, needed: false });
});

test("a folder that Box does not show says whom to invite, and is not tried further", async () => {
  const answer = await tried({ folderId: "404" });
  expect(answer.status).toBe(200);
  expect(answer.body["ok"]).toBe(false);
  const invite: unknown = expect.stringContaining("Invite lab@example.com");
  expect(line(answer, "folder")).toMatchObject({ ok: false, needed: true, hint: invite });
  expect(line(answer, "download")).toMatchObject({ ok: false });
});

test("a file chosen for a folder is said to be one", async () => {
  expect(line(await tried({ folderId: "200" }), "folder")).toMatchObject({
    ok: false,
    detail: "200 is a file",
  });
});

test.each([
  ["access_denied_insufficient_permissions", "Previewer and Uploader"],
  ["insufficient_scope", "root_readonly"],
  ["access_denied_item_locked", "its own hint"],
])("content refused with %s says what it takes", async (code, words) => {
  web.box.refuse("download", new Failure("forbidden", "No.", { code, hint: "its own hint" }));
  const answer = await tried({ folderId: "100" });
  expect(answer.body["ok"]).toBe(false);
  const hint: unknown = expect.stringContaining(words);
  expect(line(answer, "download")).toMatchObject({ ok: false, needed: true, hint });
});

test("content that Box is still preparing is no fault", async () => {
  web.box.refuse("download", new Failure("not_ready", "202"));
  expect((await tried({ folderId: "100" })).body["ok"]).toBe(true);
});

test("refused credentials are a problem and a report at once, with what to do for their kind", async () => {
  web.box.failWith(new Failure("unauthorized", "Box refuses", { hint: "Authorise it." }));
  const token = await tried({});
  const grant = await tried({ auth: ENTERPRISE });
  for (const answer of [token, grant]) {
    expect(answer.status).toBe(422);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.body).toMatchObject({ ok: false, identity: null, detail: "Box refuses" });
  }
  expect(grant.body["hint"]).toBe("Authorise it.");
  expect(token.body["hint"]).toMatch("60 minutes");
});

test("Box being out of reach is a 503, and no verdict on the credentials", async () => {
  web.box.failWith(new Failure("transient", "Box does not answer"));
  expect((await tried({})).status).toBe(503);
});

test("an account's own credentials and keys are tested, with a folder or without a body", async () => {
  const linked = { name: "Kept", auth: ENTERPRISE, signatureKeys: KEYS };
  const path = `/api/accounts/${String((await web.post("/api/accounts", linked)).body["id"])}/test`;
  const plain = await web.post(path);
  expect(plain.body).toMatchObject({ ok: true, identity: { userId: "17" } });
  expect(line(plain, "signature_keys")).toMatchObject({ ok: true });
  expect(line(plain, "folder")).toBeUndefined();
  web.box.refuse("events", forbidden("insufficient_scope"));
  expect(line(await web.post(path), "enterprise_events")).toMatchObject({ ok: false });
  expect((await web.post(path, { folderId: "404" })).body["ok"]).toBe(false);
  expect((await web.post(path, { folderId: "nowhere" })).status).toBe(400);
});
