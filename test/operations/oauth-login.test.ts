import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { createConsent } from "../../src/box/auth-consent.ts";
import { createStoredTokens } from "../../src/box/auth-oauth.ts";
import type { TokenStore } from "../../src/box/tokens.ts";
import { createTransport, type Transport } from "../../src/box/transport.ts";
import { accountId } from "../../src/core/ids.ts";
import { lockAccount } from "../../src/db/account-lock.ts";
import { markNeedsRelogin } from "../../src/db/accounts.ts";
import { openDatabase } from "../../src/db/open.ts";
import { accounts } from "../../src/db/schema.ts";
import { createSecrets } from "../../src/secrets.ts";
import { credentialsPlace } from "../../src/operations/secret-places.ts";
import { accountTokens } from "../../src/operations/oauth-login.ts";
import { codeOf, grantAccess } from "../support/consent.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse({ roles: [] });
});
afterAll(() => house.close());
afterEach(() => house.box.faults.clear());

const REDIRECT = "http://127.0.0.1:1/oauth/box/callback";

/** An account with a fresh login, and what processes need to use it. */
async function logIn(name: string) {
  const { box, db, config } = house;
  const secrets = createSecrets(config.secretsKey);
  const { oauthUrl } = config.box;
  const { clientId, clientSecret, userId } = box.ccg;
  const consent = createConsent(createTransport(), oauthUrl);
  const address = consent.address(clientId, REDIRECT, "state");
  const code = codeOf(await grantAccess(address, userId));
  const pair = await consent.exchange({ clientId, clientSecret }, code, REDIRECT);
  const id = accountId(crypto.randomUUID());
  const place = credentialsPlace(id);
  await db.insert(accounts).values({
    id,
    name,
    authKind: "oauth",
    credentials: secrets.seal({ kind: "oauth", clientId, clientSecret, pair }, place),
    stream: "changes",
    boxUserId: userId,
  });

  const used: string[] = [];
  const own = createTransport();
  const transport: Transport = {
    ...own,
    send(request) {
      used.push(new URLSearchParams(request.body).get("refresh_token") ?? "");
      return own.send(request);
    },
  };
  /** What one process has: a pool and tokens of its own. */
  function startProcess(harm: (store: TokenStore) => TokenStore = (store) => store) {
    const { db: own, close } = openDatabase(config.databaseUrl, 2);
    onTestFinished(close);
    const tokens = harm(accountTokens({ db: own, secrets, account: id }));
    return createStoredTokens(transport, oauthUrl, { clientId, clientSecret, tokens });
  }
  return { id, pair, used, startProcess };
}

/** Dies after Box has answered and before the answer is kept, so many times. */
const dying =
  (times: number) =>
  (store: TokenStore): TokenStore => ({
    read: store.read,
    replace: (renew) =>
      store.replace(async (kept) => {
        const pair = await renew(kept);
        if (times-- > 0) throw new Error("killed");
        return pair;
      }),
  });

test.each([0, 60_000])(
  "two processes that replace one login 200 times use no refresh token twice (grace %d ms)",
  async (refreshGraceMs) => {
    house.box.faults.settings.refreshGraceMs = refreshGraceMs;
    const { used, startProcess } = await logIn(`Raced ${refreshGraceMs}`);
    const processes = [startProcess(), startProcess()];
    while (used.length < 200)
      await Promise.all(
        processes.map(async (tokens) => {
          tokens.drop(await tokens.get());
          await Promise.all([tokens.get(), tokens.get()]);
        }),
      );
    expect(new Set(used).size).toBe(used.length);
  },
);

test("a token that several processes find refused at once is replaced once, for all of them", async () => {
  const { pair, used, startProcess } = await logIn("Shared");
  const processes = [startProcess(), startProcess(), startProcess()];
  for (const tokens of processes) expect(await tokens.get()).toBe(pair.accessToken);
  for (const tokens of processes) tokens.drop(pair.accessToken);
  const renewed = new Set(await Promise.all(processes.map((tokens) => tokens.get())));
  expect([renewed.size, used.length]).toEqual([1, 1]);
  expect(renewed).not.toContain(pair.accessToken);
});

test("other rows may point to the account while its login is being replaced", async () => {
  const { id, startProcess } = await logIn("Pointed at");
  let pointed = 0;
  const tokens = startProcess((store) => ({
    read: store.read,
    replace: (renew) =>
      store.replace(async (kept) => {
        const done = await house.db.execute(
          `insert into positions (account_id, stream, position) values ('${id}', 'changes', '1')`,
        );
        pointed = done.count;
        return renew(kept);
      }),
  }));
  tokens.drop(await tokens.get());
  await tokens.get();
  expect(pointed).toBe(1);
});

test("a pair that was not kept is kept at the next call, as long as the process lives", async () => {
  const { used, startProcess } = await logIn("Stumbling");
  const tokens = startProcess(dying(1));
  tokens.drop(await tokens.get());
  await expect(tokens.get()).rejects.toThrow("killed");
  const token = await tokens.get();
  expect(used).toHaveLength(1);
  expect(await startProcess().get()).toBe(token);
});

test("a process killed before it kept the pair loses nothing within the grace that Box shows", async () => {
  house.box.faults.settings.refreshGraceMs = 60_000;
  const { used, startProcess } = await logIn("Killed with grace");
  const killed = startProcess(dying(1));
  const first = await killed.get();
  killed.drop(first);
  await expect(killed.get()).rejects.toThrow("killed");
  const next = startProcess();
  next.drop(first);
  const token = await next.get();
  next.drop(token);
  expect(await next.get()).not.toBe(token);
  expect(used).toHaveLength(3);
});

test("without that grace the account waits for a person, and Box is not asked in a loop", async () => {
  const { id, used, startProcess } = await logIn("Killed without grace");
  const killed = startProcess(dying(1));
  const first = await killed.get();
  killed.drop(first);
  await expect(killed.get()).rejects.toThrow("killed");
  const next = startProcess();
  next.drop(first);
  const failure = await next.get().catch((caught: unknown) => caught);
  expect(failure).toMatchObject({
    kind: "unauthorized",
    hint: expect.stringMatching(/Grant access again/) as string,
  });
  expect(used).toHaveLength(2);
  await markNeedsRelogin(house.db, id, (failure as Error).message);
  const [row] = await house.db.select().from(accounts).where(eq(accounts.id, id));
  expect(row).toMatchObject({ state: "needs_relogin" });
  expect(row?.credentials).not.toBeNull();
});

test("what Box said of a refresh token is kept for all processes, which ask again after an hour", async () => {
  const { pair, used, startProcess } = await logIn("Refused");
  const processes = [startProcess(), startProcess(), startProcess()];
  for (const tokens of processes) tokens.drop(pair.accessToken);
  const refused = house.box.faults.arm({
    kind: "token",
    times: 1000,
    effect: { type: "status", status: 400, code: "invalid_grant" },
  });
  for (let time = 0; time < 3; time++)
    for (const tokens of [...processes, startProcess()])
      await expect(tokens.get()).rejects.toMatchObject({
        kind: "unauthorized",
        hint: expect.stringMatching(/Grant access again/) as string,
      });
  expect(used).toHaveLength(1);

  refused.disarm();
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  vi.setSystemTime(Date.now() + 61 * 60_000);
  expect(new Set(await Promise.all(processes.map((tokens) => tokens.get()))).size).toBe(1);
  expect(used).toHaveLength(2);
});

test("a refusal of the client says nothing about the refresh token", async () => {
  const { pair, used, startProcess } = await logIn("Wrong client");
  const tokens = startProcess();
  tokens.drop(pair.accessToken);
  const effect = { type: "status", status: 400, code: "invalid_client" } as const;
  house.box.faults.arm({ kind: "token", effect });
  await expect(tokens.get()).rejects.toMatchObject({ kind: "unauthorized" });
  expect(await tokens.get()).not.toBe(pair.accessToken);
  expect(used).toEqual([pair.refreshToken, pair.refreshToken]);
});

test("a refusal that comes of another process having been first is no reason to give up", async () => {
  const { pair, used, startProcess } = await logIn("Overtaken");
  const other = startProcess();
  // The lock is lost with its connection: both are in the middle of it.
  const overtaken = startProcess((store) => ({
    read: store.read,
    async replace(renew) {
      const kept = await store.read();
      other.drop(pair.accessToken);
      await other.get();
      return renew(kept);
    },
  }));
  overtaken.drop(pair.accessToken);
  expect(await overtaken.get()).toBe(await other.get());
  expect(used).toEqual([pair.refreshToken, pair.refreshToken]);
});

test("a login used every hour is replaced every hour, so that its 60 idle days never begin", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const { used, startProcess } = await logIn("Long-lived");
  const tokens = startProcess();
  for (let day = 0; day < 90; day++) {
    await tokens.get();
    vi.setSystemTime(Date.now() + 24 * 3_600_000);
  }
  expect(used).toHaveLength(89);
});

test("a row that somebody else holds for too long is a failure that another try can mend", async () => {
  const { id } = await logIn("Held");
  const { db, config } = house;
  const secrets = createSecrets(config.secretsKey);
  const tokens = accountTokens({ db, secrets, account: id, lockTimeoutMs: 20 });
  await db.transaction(async (tx) => {
    await lockAccount(tx, id);
    await expect(tokens.replace(async (kept) => kept)).rejects.toMatchObject({
      kind: "transient",
      message: expect.stringMatching("Another process") as string,
    });
  });
  await expect(tokens.replace(async (kept) => kept)).resolves.toBeDefined();
});

test("the row says when its login was renewed, and a refusal does not count", async () => {
  const { id, startProcess } = await logIn("Dated");
  const { db } = house;
  const renewedAt = new Date("2026-01-01T00:00:00Z");
  const dated = async () => (await db.select().from(accounts).where(eq(accounts.id, id)))[0];
  await db.update(accounts).set({ renewedAt }).where(eq(accounts.id, id));
  const tokens = startProcess();
  const first = await tokens.get();
  expect((await dated())?.renewedAt).toEqual(renewedAt);
  tokens.drop(first);
  const second = await tokens.get();
  expect((await dated())?.renewedAt).not.toEqual(renewedAt);
  await db.update(accounts).set({ renewedAt }).where(eq(accounts.id, id));
  house.box.withdrawGrants(house.box.ccg.userId);
  tokens.drop(second);
  await expect(tokens.get()).rejects.toMatchObject({ kind: "unauthorized" });
  expect((await dated())?.renewedAt).toEqual(renewedAt);
});
