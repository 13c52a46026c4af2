import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { accounts } from "../../src/db/schema.ts";
import { type House, openHouse } from "../support/house.ts";
import { grantedAccount, keepLogin, keptLogin, rowOf } from "../support/oauth-account.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse({ roles: ["web"] });
});
afterAll(() => house.close());
afterEach(() => house.box.faults.clear());

interface Shown {
  state: string;
  reason: string | null;
  auth: { kind: string; expiresAt: string | null };
}
const enter = (id: string, auth: object) =>
  house.api<Shown>("PUT", `/api/accounts/${id}/credentials`, { auth });
const oauth = (rest: object = {}) => {
  const { clientId, clientSecret } = house.box.ccg;
  return { kind: "oauth", clientId, clientSecret, ...rest };
};

test("a login goes on with its application's new secret, without a new consent", async () => {
  const id = await grantedAccount(house);
  const login = await keptLogin(house, id);
  await keepLogin(house, id, { ...login, clientSecret: "the old secret" });
  await house.db
    .update(accounts)
    .set({ state: "needs_relogin", reason: "Box does not know this secret" })
    .where(eq(accounts.id, id));
  expect(await enter(id, oauth())).toMatchObject({ state: "linked", reason: null });
  const kept = await keptLogin(house, id);
  expect(kept.clientSecret).toBe(login.clientSecret);
  expect(kept.pair.refreshToken).not.toBe(login.pair.refreshToken);
  await house.api("POST", `/api/accounts/${id}/test`);
});

test("a wrong secret, and Box being away, change nothing", async () => {
  const id = await grantedAccount(house);
  const login = await keptLogin(house, id);
  await expect(enter(id, oauth({ clientSecret: "wrong" }))).rejects.toThrow("422");
  house.box.faults.arm({ kind: "token", effect: { type: "status", status: 503 } });
  await expect(enter(id, oauth())).rejects.toThrow("503");
  expect(await keptLogin(house, id)).toEqual(login);
  await house.api("POST", `/api/accounts/${id}/test`);
});

test("a secret of another application leads to a consent, as does one without a login", async () => {
  const id = await grantedAccount(house);
  const { id: server } = await house.linkAccount("Without a login");
  for (const [account, auth] of [
    [id, oauth({ clientId: "another" })],
    [server, oauth()],
  ] as const)
    await expect(enter(account, auth)).rejects.toThrow(`/accounts/${account}/grant`);
  const nobody = crypto.randomUUID();
  await expect(enter(nobody, oauth())).rejects.toThrow("404");
});

test("a login that Box forgot needs a consent, for which the new secret is kept", async () => {
  const id = await grantedAccount(house);
  const login = await keptLogin(house, id);
  await keepLogin(house, id, { ...login, clientSecret: "the old secret" });
  house.box.withdrawGrants(house.box.ccg.userId);
  await expect(enter(id, oauth())).rejects.toThrow("422");
  expect((await keptLogin(house, id)).clientSecret).toBe(login.clientSecret);
});

test("new credentials say when they end, counted from when they were entered", async () => {
  const { id } = await house.linkAccount("Ending");
  const old = new Date("2026-01-01T00:00:00Z");
  await house.db.update(accounts).set({ createdAt: old }).where(eq(accounts.id, id));
  const token = house.box.developerToken(house.box.ccg.userId);
  const shown = await enter(id, { kind: "developerToken", token });
  const { renewedAt } = await rowOf(house, id);
  const endsAt = new Date(renewedAt.getTime() + 3_600_000).toISOString();
  expect(renewedAt.getTime()).toBeGreaterThan(old.getTime());
  expect(shown.auth).toEqual({ kind: "developerToken", expiresAt: endsAt });
});

test("a paused account stays paused with new credentials", async () => {
  const { id } = await house.linkAccount("Paused");
  await house.api("POST", `/api/accounts/${id}/pause`, { reason: "Enough" });
  const token = house.box.developerToken(house.box.ccg.userId);
  const shown = await enter(id, { kind: "developerToken", token });
  expect(shown).toMatchObject({ state: "paused", reason: "Enough" });
});
