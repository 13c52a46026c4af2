import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accounts } from "../../src/db/schema.ts";
import { enqueue } from "../../src/operations/enqueue.ts";
import { grantAgain, linkByConsent, openBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { BUCKET, type House, openHouse } from "../support/house.ts";

/** Each kind has one of its own: what Box says of one is nothing to the others. */
let house: House;
function inHouse() {
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());
}

interface Kind {
  name: string;
  link(name: string): Promise<string>;
  /** Box says no from now on. */
  revoke(): Promise<void> | void;
  /** What a person is told to do, in the words of Box's consoles and ours. */
  hint: RegExp;
  /** What the person does. */
  mend(account: string): Promise<unknown> | void;
}

const linked = async (name: string, auth: object) =>
  (
    await house.api<{ id: string }>("POST", "/api/accounts", {
      name,
      auth,
      signatureKeys: house.box.signatureKeys,
    })
  ).id;

/** The admin's authorisation, in the Admin Console: without it, webhooks have no session either. */
const authorise = (appAuthorised: boolean) =>
  void Object.assign(house.box.faults.settings, { appAuthorised, noActiveSession: !appAuthorised });

const byServer = (kind: "ccg" | "jwt", subject: "enterprise" | "user"): Kind => ({
  name: `${kind} for ${subject === "user" ? "a user" : "the enterprise"}`,
  link(name) {
    const { clientId, clientSecret, enterpriseId, userId } = house.box.ccg;
    const subjectId = subject === "user" ? userId : enterpriseId;
    if (kind === "ccg") return linked(name, { kind, clientId, clientSecret, subject, subjectId });
    const user = subject === "user" ? { subject, subjectId } : {};
    return linked(name, { kind, config: house.box.jwtConfig(), ...user });
  },
  revoke: () => authorise(false),
  hint: /authorise it in the Admin Console under Apps, Custom Apps Manager/,
  mend: () => authorise(true),
});

let developerToken = "";
const freshDeveloperToken = () => {
  developerToken = house.box.developerToken(house.box.ccg.userId);
  return { kind: "developerToken", token: developerToken };
};

const OAUTH: Kind = {
  name: "oauth",
  link: (name) => linkByConsent(house, name, house.box.ccg.userId),
  revoke: () => house.box.withdrawGrants(house.box.ccg.userId),
  hint: /its user removed the application \(Account Settings, Apps\).*Grant access again/,
  mend: (account) => grantAgain(house, account, house.box.ccg.userId),
};

const DEVELOPER: Kind = {
  name: "a developer token",
  link: (name) => linked(name, freshDeveloperToken()),
  async revoke() {
    const { clientId: client_id, clientSecret: client_secret } = house.box.ccg;
    const body = new URLSearchParams({ client_id, client_secret, token: developerToken });
    await fetch(`${house.config.box.oauthUrl}/revoke`, { method: "POST", body });
  },
  hint: /generate another in the Developer Console/,
  mend: (account) =>
    house.api("PUT", `/api/accounts/${account}/credentials`, { auth: freshDeveloperToken() }),
};

const KINDS = [
  byServer("ccg", "enterprise"),
  byServer("ccg", "user"),
  byServer("jwt", "enterprise"),
  byServer("jwt", "user"),
  OAUTH,
  DEVELOPER,
];

/** The pass of every minute, asked for now. */
const reconcile = () => enqueue(house.db, [{ task: "reconcile", payload: {} }]);

async function accountOf(id: string) {
  const [row] = await house.db.select().from(accounts).where(eq(accounts.id, id));
  return { state: row?.state, reason: row?.reason };
}

async function needsRelogin(id: string) {
  await eventually("the account needs a person", async () => {
    await reconcile();
    return (await accountOf(id)).state === "needs_relogin";
  });
  expect((await accountOf(id)).reason).toMatch(/^Box /);
}

/** One folder that the user may read, kept in the lake for this account. */
async function openSource(account: string, name: string) {
  const { box } = house;
  const folder = (await box.account.createFolder({ parentId: "0", name })).id;
  const { userId } = box.ccg;
  await box.account.collaborate({ type: "folder", id: folder, userId, role: "viewer" });
  const { id } = await house.addSource(account, folder, { name });
  const debts = async () =>
    (await house.db.execute(
      `select path, state, failure from objects where source_id = '${id}' order by path`,
    )) as unknown as { path: string; state: string; failure: string | null }[];
  return {
    id,
    debts,
    upload: (file: string) =>
      box.account.upload({ parentId: folder, name: file, bytes: `${name} ${file}` }),
    /** The minutes' passes go on meanwhile: one may have begun before Box or we knew better. */
    landed: (...files: string[]) =>
      eventually(`${files.join(" and ")} landed`, async () => {
        await reconcile();
        const stored = (await debts()).filter(({ state }) => state === "stored");
        return files.every((file) => stored.some(({ path }) => path === file));
      }),
  };
}

/** Attempts and passes that failed since this line of the log. */
const failuresSince = (line: number) =>
  house.lines.slice(line).filter((text) => /"failure":|"level":"error"/.test(text));

async function testReport(account: string) {
  const response = await fetch(`http://127.0.0.1:${house.port}/api/accounts/${account}/test`, {
    method: "POST",
    headers: { authorization: `Bearer ${house.adminToken}` },
  });
  const report = (await response.json()) as { checks: { name: string; hint?: string }[] };
  return { status: response.status, hint: report.checks[0]?.hint };
}

describe.each(KINDS)("$name", ({ name, link, revoke, hint, mend }) => {
  inHouse();
  let account: string;
  let source: Awaited<ReturnType<typeof openSource>>;
  beforeAll(async () => {
    account = await link(name);
    source = await openSource(account, `Inbox of ${name}`);
  });

  it("is linked, and lands files", async () => {
    await source.upload("used.csv");
    await source.landed("used.csv");
  });

  if (name === DEVELOPER.name)
    it("shows when it ends, waits for another when it has, and goes on with that", async () => {
      const { auth } = await house.api<{ auth: { expiresAt: string } }>(
        "GET",
        `/api/accounts/${account}`,
      );
      const leftMs = Date.parse(auth.expiresAt) - Date.now();
      expect([leftMs > 0, leftMs <= 3_600_000]).toEqual([true, true]);
      const page = await (await openBrowser(house)).ask("/");
      expect(page.text).toContain("the developer token ends");

      house.box.expireAccessTokens();
      await source.upload("expired.csv");
      await needsRelogin(account);
      await mend(account);
      await source.landed("expired.csv");
    });
  else
    it("is renewed by one call when its token has ended, and no job fails of it", async () => {
      const line = house.lines.length;
      house.box.expireAccessTokens();
      house.box.tokenRequests.length = 0;
      await source.upload("expired.csv");
      await source.landed("expired.csv");
      expect(failuresSince(line)).toEqual([]);
      expect(house.box.tokenRequests.map(({ error }) => error)).toEqual([undefined]);
    });

  it("waits for a person when Box takes it back, and then lands what waited, once", async () => {
    await house.api("POST", `/api/sources/${source.id}/pause`);
    await source.upload("waits.csv");
    await eventually("the debt is written", async () => {
      await reconcile();
      return (await source.debts()).some(({ path }) => path === "waits.csv");
    });
    await revoke();
    await house.api("POST", `/api/sources/${source.id}/resume`);
    await source.upload("unseen.csv");
    await needsRelogin(account);
    const refused = await testReport(account);
    expect([refused.status, refused.hint]).toEqual([422, expect.stringMatching(hint)]);
    const debt = (await source.debts()).find(({ path }) => path === "waits.csv");
    expect(debt?.state).toMatch(/^(pending|waiting)$/);

    await mend(account);
    await source.landed("waits.csv", "unseen.csv");
    expect(await accountOf(account)).toEqual({ state: "linked", reason: null });
    const paths = (await source.debts()).map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const names = (await house.gcs.history(BUCKET)).map((object) => object.name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("an OAuth login that died", () => {
  inHouse();

  it("is noticed by reconciliation alone, is asked for no more, and recovers", async () => {
    const { box } = house;
    const account = await linkByConsent(house, "Quiet", box.ccg.userId);
    const source = await openSource(account, "Quiet");
    box.faults.arm({ kind: "delivery", times: 1000, effect: { type: "drop" } });
    await source.upload("before.csv");
    await source.landed("before.csv");

    box.tokenRequests.length = 0;
    box.withdrawGrants(box.ccg.userId);
    await needsRelogin(account);
    await source.upload("meanwhile.csv");
    const passes = async () => {
      const [row] = (await house.db.execute(
        `select attempts from positions where account_id = '${account}'`,
      )) as unknown as { attempts: number }[];
      return row?.attempts ?? 0;
    };
    const before = await passes();
    await eventually("several passes were made", async () => {
      await reconcile();
      return (await passes()) >= before + 3;
    });
    expect(box.tokenRequests).toMatchObject([{ grant: "refresh_token", error: "invalid_grant" }]);

    await grantAgain(house, account, box.ccg.userId);
    await source.landed("meanwhile.csv");
    expect(await accountOf(account)).toEqual({ state: "linked", reason: null });
  });
});
