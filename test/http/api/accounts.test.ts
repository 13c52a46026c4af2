import { generateKeyPairSync } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { accounts, webhooks } from "../../../src/db/schema.ts";
import { anAccount, aSource } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());
afterEach(() => web.box.failWith(undefined));

const TOKEN = { kind: "developerToken", token: "the developer token" };
const CCG = {
  kind: "ccg",
  clientId: "the client",
  clientSecret: "the client's secret",
  subject: "enterprise",
  subjectId: "500",
};
const KEYS = { primary: "the primary key", secondary: "the secondary key" };

const link = async (name: string, rest: object = {}) =>
  web.post("/api/accounts", { name, auth: TOKEN, ...rest });

test("an account is linked with what Box says of it, and found again where Location says", async () => {
  const linked = await link("Lab", { auth: CCG, signatureKeys: KEYS });
  const id = String(linked.body["id"]);
  expect(linked.status).toBe(201);
  expect(linked.headers.get("location")).toBe(`/api/accounts/${id}`);
  expect(linked.body).toMatchObject({
    name: "Lab",
    auth: { kind: "ccg" },
    stream: "admin_logs_streaming",
    identity: { userId: "17", login: "lab@example.com", enterpriseId: "500" },
    hasSignatureKeys: true,
    webhookAddress: `https://longshore.example/webhooks/box/${id}`,
    state: "linked",
    sources: 0,
  });
  expect((await web.get(`/api/accounts/${id}`)).body).toEqual(linked.body);
});

test("secrets go in and never come out", async () => {
  const linked = await link("Discreet", { auth: CCG, signatureKeys: KEYS });
  const listed = await web.get("/api/accounts");
  const said = [linked.text, listed.text, ...web.lines].join();
  for (const secret of [CCG.clientSecret, KEYS.primary, KEYS.secondary, TOKEN.token])
    expect(said).not.toContain(secret);
});

test("a developer token says when it ends: an hour after linking; other credentials stay", async () => {
  const { body } = await link("Tried");
  const endsAt = new Date(Date.parse(String(body["createdAt"])) + 3_600_000).toISOString();
  expect(body["auth"]).toEqual({ kind: "developerToken", expiresAt: endsAt });
  const stays = await link("Staying", { auth: CCG });
  expect(stays.body["auth"]).toEqual({ kind: "ccg", expiresAt: null });
});

test("an account says how many sources it has", async () => {
  const { body } = await link("Rich");
  await aSource(web.db, String(body["id"]));
  await aSource(web.db, String(body["id"]), { state: "deleted" });
  expect((await web.get(`/api/accounts/${String(body["id"])}`)).body["sources"]).toBe(1);
});

test("a name is taken whatever its case, and free again after its account is deleted", async () => {
  const first = await link("Plate Reader für Öl");
  const second = await link("plate READER FÜR öl");
  expect(second.status).toBe(409);
  expect(second.body).toMatchObject({ errors: [{ pointer: "/name", detail: "is taken" }] });
  expect((await web.remove(`/api/accounts/${String(first.body["id"])}`)).status).toBe(204);
  expect((await link("plate READER FÜR öl")).status).toBe(201);
});

test("credentials that Box refuses are a 422 with a hint, and nothing is kept", async () => {
  web.box.failWith(new Failure("unauthorized", "Box refuses the token", { hint: "Make another." }));
  const refused = await link("Refused");
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ detail: "Box refuses the token", hint: "Make another." });
  expect(await web.db.select().from(accounts).where(eq(accounts.name, "Refused"))).toEqual([]);
});

test.each(["transient", "throttled"] as const)(
  "Box being out of reach (%s) is a 503 that says when to try again",
  async (kind) => {
    web.box.failWith(new Failure(kind, "Box does not answer", { retryAfterMs: 2500 }));
    const refused = await link("Unreached");
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("3");
  },
);

test.each([
  ["/name", { name: "" }],
  ["/name", { name: "x".repeat(101) }],
  ["/name", { name: "a\u0000b" }],
  ["/name", { name: undefined }],
  ["/auth/kind", { auth: { kind: "password" } }],
  ["/auth/token", { auth: { kind: "developerToken" } }],
  ["/auth/subjectId", { auth: { ...CCG, subjectId: "me" } }],
  ["/auth/a~1b~0c", { auth: { ...TOKEN, "a/b~c": 1 } }],
  ["/signatureKeys/secondary", { signatureKeys: { primary: "only" } }],
  ["/colour", { colour: "red" }],
])("a fault at %s is named by a JSON pointer", async (pointer, rest) => {
  const refused = await link("Faulty", rest);
  expect(refused.status).toBe(400);
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(refused.body["errors"]).toMatchObject([{ pointer }]);
});

test("testing an account records whether Box accepts it", async () => {
  const id = String((await link("Tested")).body["id"]);
  web.box.failWith(new Failure("unauthorized", "Box refuses the token"));
  expect((await web.post(`/api/accounts/${id}/test`)).status).toBe(422);
  expect((await web.get(`/api/accounts/${id}`)).body).toMatchObject({
    state: "needs_relogin",
    reason: "Box refuses the token",
  });
  web.box.failWith(undefined);
  const accepted = await web.post(`/api/accounts/${id}/test`);
  expect(accepted.body).toMatchObject({ ok: true, identity: { userId: "17" } });
  expect((await web.get(`/api/accounts/${id}`)).body["state"]).toBe("linked");
});

test("a deleted account is gone for the API", async () => {
  const path = `/api/accounts/${String((await link("Short-lived")).body["id"])}`;
  expect((await web.remove(path)).status).toBe(204);
  expect((await web.get(path)).status).toBe(404);
  expect((await web.remove(path)).status).toBe(404);
  expect((await web.post(`${path}/test`)).status).toBe(404);
});

test("accounts are listed by name, page by page, each once", async () => {
  for (const name of ["zz 3", "ZZ 1", "zz 2"]) await link(name);
  const found = (await pages<{ name: string }>(web, "/api/accounts", 2)).flat();
  const names = found.map(({ name }) => name);
  expect(names.slice(-3)).toEqual(["ZZ 1", "zz 2", "zz 3"]);
  expect(new Set(names).size).toBe(names.length);
  expect(items(await web.get("/api/accounts")).length).toBe(names.length);
});

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "hush" },
});

/** As the Developer Console hands it out, and with a field that a later console may add. */
const jwtFile = (appAuth: object = {}) => ({
  boxAppSettings: {
    clientID: "the client",
    clientSecret: "the client's secret",
    appAuth: { publicKeyID: "k1", privateKey, passphrase: "hush", ...appAuth },
    later: true,
  },
  enterpriseID: "500",
});

test("a JWT application is linked with the whole file of the console, as the enterprise or a user", async () => {
  const service = await link("JWT service", { auth: { kind: "jwt", config: jwtFile() } });
  expect(service.body).toMatchObject({ auth: { kind: "jwt" }, stream: "admin_logs_streaming" });
  const auth = { kind: "jwt", config: jwtFile(), subject: "user", subjectId: "17" };
  const user = await link("JWT user", { auth });
  expect(user.body).toMatchObject({ auth: { kind: "jwt" }, stream: "changes" });
  expect([service.text, user.text, ...web.lines].join()).not.toMatch(/hush|PRIVATE KEY/);
});

test.each([
  ["/auth/config/boxAppSettings/appAuth/passphrase", { config: jwtFile({ passphrase: "x" }) }],
  ["/auth/config/boxAppSettings/appAuth/privateKey", { config: jwtFile({ privateKey: "x" }) }],
  ["/auth/config/boxAppSettings/appAuth/publicKeyID", { config: jwtFile({ publicKeyID: 7 }) }],
  ["/auth/config/enterpriseID", { config: { ...jwtFile(), enterpriseID: "Acme" } }],
  ["/auth/subjectId", { config: jwtFile(), subject: "user" }],
])("a fault of a JWT application at %s is named by a JSON pointer", async (pointer, rest) => {
  const refused = await link("Faulty", { auth: { kind: "jwt", ...rest } });
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([{ pointer }]);
  expect(refused.text).not.toContain("PRIVATE KEY");
});

test("an account says how many webhooks its Box user has of those that Box allows", async () => {
  const { id } = await anAccount(web.db, { boxUserId: "hooked" });
  const twin = await anAccount(web.db, { boxUserId: "hooked" });
  const hook = (accountId: string, folderId: string, state: "registered" | "polled") =>
    ({ accountId, folderId, state }) as const;
  await web.db
    .insert(webhooks)
    .values([
      hook(id, "1", "registered"),
      hook(twin.id, "2", "registered"),
      hook(twin.id, "3", "polled"),
    ]);
  expect((await web.get(`/api/accounts/${id}`)).body["webhooks"]).toEqual({ used: 2, limit: 1000 });
});
