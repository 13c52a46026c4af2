import { createHmac } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { accounts, objects } from "../../../src/db/schema.ts";
import { createLog } from "../../../src/log.ts";
import { createKeepWebhooks } from "../../../src/jobs/keep-webhooks.ts";
import { credentialsPlace, signatureKeysPlace } from "../../../src/operations/secret-places.ts";
import { anObject, aSource } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
  web.box.addFolder("100");
});
afterAll(() => web.close());
afterEach(() => {
  web.box.failWith(undefined);
  web.box.refuse("events", undefined);
  web.box.become({ userId: "17", login: "lab@example.com" });
});

const TOKEN = { kind: "developerToken", token: "the first token" };
const ANOTHER = {
  kind: "ccg",
  clientId: "the client",
  clientSecret: "the client's secret",
  subject: "user",
  subjectId: "17",
};

async function link(rest: object = {}) {
  const body = { name: crypto.randomUUID(), auth: TOKEN, ...rest };
  return String((await web.post("/api/accounts", body)).body["id"]);
}
const relink = (id: string, auth: object = ANOTHER) =>
  web.call("PUT", `/api/accounts/${id}/credentials`, { auth });

async function rowOf(id: string) {
  const [row] = await web.db.select().from(accounts).where(eq(accounts.id, id));
  if (!row) throw new Error("no such account");
  return row;
}
const credentialsOf = async (id: string): Promise<unknown> =>
  web.secrets.open((await rowOf(id)).credentials ?? Buffer.of(), credentialsPlace(id));

test("new credentials of the same user link an account again, and its waiting work is due", async () => {
  const id = await link();
  const { id: source } = await aSource(web.db, id);
  const { id: object } = await anObject(web.db, source, {
    state: "waiting",
    failure: "unauthorized",
    dueAt: sql`now() + interval '1 hour'` as unknown as Date,
  });
  web.box.failWith(new Failure("unauthorized", "Box refuses the token"));
  await web.post(`/api/accounts/${id}/test`);
  expect((await rowOf(id)).state).toBe("needs_relogin");
  web.box.failWith(undefined);

  const answer = await relink(id);
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ id, state: "linked", reason: null, auth: { kind: "ccg" } });
  expect(answer.text).not.toContain(ANOTHER.clientSecret);
  expect(await credentialsOf(id)).toEqual(ANOTHER);
  const due = await web.db
    .select({ due: sql<boolean>`due_at <= now()` })
    .from(objects)
    .where(eq(objects.id, object));
  expect(due).toEqual([{ due: true }]);
});

test("credentials of another user are refused with both named, and nothing is changed", async () => {
  const id = await link();
  web.box.become({ userId: "99", login: "other@example.com" });
  const refused = await relink(id);
  expect(refused.status).toBe(422);
  for (const login of ["lab@example.com", "other@example.com"])
    expect(refused.body["detail"]).toMatch(login);
  expect(await credentialsOf(id)).toEqual(TOKEN);
});

test("credentials that Box refuses, or that cannot read the account's stream, change nothing", async () => {
  const id = await link();
  web.box.refuse("events", new Failure("forbidden", "Box answered 403"));
  const blind = await relink(id);
  expect(blind.status).toBe(422);
  expect(blind.body["detail"]).toMatch("may not read the event stream");
  web.box.failWith(new Failure("unauthorized", "Box refuses"));
  expect((await relink(id)).status).toBe(422);
  expect(await credentialsOf(id)).toEqual(TOKEN);
  expect((await rowOf(id)).state).toBe("linked");
});

test("there is nothing to relink or rotate in an account that is not there", async () => {
  const id = await link();
  await web.remove(`/api/accounts/${id}`);
  expect((await relink(id)).status).toBe(404);
  expect((await rotate(id, ["a", "b"])).status).toBe(404);
});

const rotate = (id: string, [primary, secondary]: string[], rest: object = {}) =>
  web.call("PUT", `/api/accounts/${id}/signature-keys`, { primary, secondary, ...rest });

/** What the door answers to a delivery that Box signed with these keys. */
async function delivered(id: string, [primary = "", secondary = ""]: string[]) {
  const body = JSON.stringify({ note: crypto.randomUUID() });
  const timestamp = new Date().toISOString();
  const sign = (key: string) =>
    createHmac("sha256", key).update(body).update(timestamp).digest("base64");
  const headers = {
    "box-signature-version": "1",
    "box-signature-algorithm": "HmacSHA256",
    "box-delivery-timestamp": timestamp,
    "box-signature-primary": sign(primary),
    "box-signature-secondary": sign(secondary),
  };
  return (await web.send(`/webhooks/box/${id}`, { method: "POST", headers, body })).status;
}
const keyed = () => link({ signatureKeys: { primary: "p1", secondary: "s1" } });

test("after a rotation both pairs are accepted, and no other", async () => {
  const id = await keyed();
  expect((await rotate(id, ["p2", "s2"])).body).toMatchObject({ id, hasSignatureKeys: true });
  expect(await delivered(id, ["p2", "s2"])).toBe(204);
  expect(await delivered(id, ["p1", "s1"])).toBe(204);
  expect(await delivered(id, ["p3", "s3"])).toBe(401);
});

test("one key after the other, every delivery that Box signs meanwhile is accepted", async () => {
  const id = await keyed();
  await rotate(id, ["p2", "s1"]);
  await rotate(id, ["p2", "s2"]);
  await rotate(id, ["p2", "s2"]);
  for (const pair of [
    ["p1", "s1"],
    ["p2", "s1"],
    ["p2", "s2"],
  ])
    expect(await delivered(id, pair)).toBe(204);
});

test("a pair that leaked is refused at once when it is told so", async () => {
  const id = await keyed();
  await rotate(id, ["p2", "s2"], { graceMs: 0 });
  expect(await delivered(id, ["p1", "s1"])).toBe(401);
  expect(await delivered(id, ["p2", "s2"])).toBe(204);
});

test("the pair before is refused once its time is over", async () => {
  const id = await keyed();
  const until = new Date(Date.now() - 1).toISOString();
  const previous = { primary: "p1", secondary: "s1", until };
  const kept = { primary: "p2", secondary: "s2", previous };
  const signatureKeys = web.secrets.seal(kept, signatureKeysPlace(id));
  await web.db.update(accounts).set({ signatureKeys }).where(eq(accounts.id, id));
  expect(await delivered(id, ["p1", "s1"])).toBe(401);
  expect(await delivered(id, ["p2", "s2"])).toBe(204);
});

test("the first keys of an account make the webhooks that were not made for lack of them", async () => {
  const id = await link();
  const body = { accountId: id, name: "Inbox", folderId: "100" };
  const { body: source } = await web.post("/api/sources", body);
  expect(source["webhook"]).toMatchObject({ state: "polled" });
  await rotate(id, ["p1", "s1"]);
  const keep = createKeepWebhooks({
    db: web.db,
    boxes: web.box.clients,
    webhookBase: "https://longshore.example",
    log: createLog("silent"),
  });
  await keep({}, new AbortController().signal);
  const { body: now } = await web.get(`/api/sources/${String(source["id"])}`);
  expect(now["webhook"]).toMatchObject({ state: "registered" });
});

test("secrets go in here and never come out", async () => {
  const id = await keyed();
  const answers = [await rotate(id, ["hush-1", "hush-2"]), await relink(id)];
  const said = [...answers.map(({ text }) => text), ...web.lines].join();
  for (const secret of ["hush-1", "hush-2", ANOTHER.clientSecret])
    expect(said).not.toContain(secret);
});
