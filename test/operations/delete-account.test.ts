import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createStoredTokens } from "../../src/box/auth-oauth.ts";
import { createTransport } from "../../src/box/transport.ts";
import { sources, webhooks } from "../../src/db/schema.ts";
import { holdTokens } from "../../src/operations/oauth-login.ts";
import { type House, openHouse } from "../support/house.ts";
import { grantedAccount, keepLogin, keptLogin, rowOf } from "../support/oauth-account.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse({ roles: ["web"] });
});
afterAll(() => house.close());
afterEach(() => house.box.faults.clear());

const remove = (id: string) =>
  fetch(`http://127.0.0.1:${house.port}/api/accounts/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${house.adminToken}` },
  });

/** Ids of the webhooks that stand at Box. */
async function standing(): Promise<string[]> {
  const { box } = house;
  const answers = [box.ccg.serviceUserId, box.ccg.userId].map(async (user) => {
    const headers = { authorization: `Bearer ${box.developerToken(user)}` };
    const answer = await fetch(`${box.url}/2.0/webhooks`, { headers });
    return ((await answer.json()) as { entries: { id: string }[] }).entries.map(({ id }) => id);
  });
  return [...new Set((await Promise.all(answers)).flat())].sort();
}

/** A source with a webhook at Box; answers the webhook's id. */
async function watched(accountId: string): Promise<string | null> {
  const folder = await house.box.account.createFolder({ parentId: "0", name: crypto.randomUUID() });
  await house.addSource(accountId, folder.id, { name: folder.id });
  const [row] = await house.db.select().from(webhooks).where(eq(webhooks.folderId, folder.id));
  return row?.boxWebhookId ?? null;
}

test("a login of OAuth 2.0 is revoked at Box, with the newest pair, and its secrets are wiped", async () => {
  const id = await grantedAccount(house);
  const { pair, clientId, clientSecret } = await keptLogin(house, id);
  expect((await remove(id)).status).toBe(204);
  const row = await rowOf(house, id);
  expect(row).toMatchObject({ state: "deleted", credentials: null, signatureKeys: null });
  const app = { clientId, clientSecret };
  const tokens = holdTokens({ ...pair, usableUntilMs: 0 });
  const dead = createStoredTokens(createTransport(), house.config.box.oauthUrl, { ...app, tokens });
  await expect(dead.get()).rejects.toMatchObject({ kind: "unauthorized" });
  expect((await remove(id)).status).toBe(404);
});

test("its webhooks are removed at Box, its sources end, and their rows stay", async () => {
  const { id } = await house.linkAccount("Watching", "enterprise");
  const hook = await watched(id);
  expect(await standing()).toContain(hook);
  expect((await remove(id)).status).toBe(204);
  expect(await standing()).not.toContain(hook);
  const kept = await house.db.select().from(sources).where(eq(sources.accountId, id));
  expect(kept).toMatchObject([{ state: "deleted" }]);
  expect(await house.db.select().from(webhooks).where(eq(webhooks.accountId, id))).toEqual([]);
});

test("a developer token is not revoked: the application's other webhooks stay", async () => {
  const { id: other } = await house.linkAccount("Another installation", "enterprise");
  const hook = await watched(other);
  const token = house.box.developerToken();
  const auth = { kind: "developerToken", token };
  const { id } = await house.api<{ id: string }>("POST", "/api/accounts", { name: "Tried", auth });
  expect((await remove(id)).status).toBe(204);
  expect(await standing()).toContain(hook);
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${house.box.url}/2.0/users/me`, { headers })).status).toBe(200);
});

test("with Box away the account is deleted all the same, and the answer says what is left there", async () => {
  const { id } = await house.linkAccount("Out of reach", "enterprise");
  expect(await rowOf(house, id)).toMatchObject({ signatureKeys: expect.any(Buffer) });
  const hooks = [await watched(id), await watched(id)];
  const effect = { type: "status", status: 503 } as const;
  house.box.faults.arm({ kind: ["webhooks", "token"], times: 99, effect });
  house.box.calls.reset();
  const answer = await remove(id);
  expect(answer.status).toBe(200);
  const { left } = (await answer.json()) as { left: { what: string; webhookId?: string }[] };
  expect(left.map(({ what }) => what)).toEqual(["webhook", "webhook", "login"]);
  expect(new Set(left.flatMap(({ webhookId }) => webhookId ?? []))).toEqual(new Set(hooks));
  expect(house.box.calls.count("webhooks"), "when Box is away it is asked once").toBe(1);
  const row = await rowOf(house, id);
  expect(row).toMatchObject({ state: "deleted", credentials: null, signatureKeys: null });
});

test("an account whose login Box refuses is deleted as well", async () => {
  const id = await grantedAccount(house, { state: "needs_relogin", reason: "No." });
  const login = await keptLogin(house, id);
  await keepLogin(house, id, { ...login, clientSecret: "wrong" });
  const answer = await remove(id);
  expect([answer.status, await answer.json()]).toMatchObject([200, { left: [{ what: "login" }] }]);
  expect(await rowOf(house, id)).toMatchObject({ state: "deleted", reason: null });
});

test("secrets that no key opens any more are wiped", async () => {
  const id = await grantedAccount(house, { credentials: Buffer.from("sealed by a lost key") });
  expect((await remove(id)).status).toBe(200);
  expect(await rowOf(house, id)).toMatchObject({ state: "deleted", credentials: null });
});
