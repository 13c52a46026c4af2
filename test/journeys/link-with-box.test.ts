import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accounts } from "../../src/db/schema.ts";
import { createSecrets } from "../../src/secrets.ts";
import { grantAccess } from "../support/consent.ts";
import { eventually } from "../support/eventually.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const origin = () => `http://127.0.0.1:${house.port}`;
const tokenCalls = () => house.box.calls.count("token");

/** A browser of few words: it keeps cookies as their attributes say, and follows no redirect. */
async function openBrowser() {
  const jar = new Map<string, { value: string; strict: boolean; path: string }>();
  async function ask(path: string, form?: Record<string, string>, from: "here" | "Box" = "here") {
    const sent = [...jar].filter(
      ([, { strict, path: below }]) => path.startsWith(below) && !(strict && from === "Box"),
    );
    const response = await fetch(origin() + path, {
      method: form ? "POST" : "GET",
      redirect: "manual",
      headers: {
        origin: origin(),
        cookie: sent.map(([name, { value }]) => `${name}=${value}`).join("; "),
      },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      const path = /path=([^;]+)/i.exec(line)?.[1] ?? "/";
      if (/max-age=0/i.test(line)) jar.delete(name);
      else jar.set(name, { value, strict: /samesite=strict/i.test(line), path });
    }
    return {
      status: response.status,
      text: await response.text(),
      cookies: response.headers.getSetCookie(),
    };
  }
  await ask("/sign-in", { token: house.adminToken });
  return {
    ask,
    /** Fills the form; answers where the button leads. */
    async begin(name: string, rest: Record<string, string> = {}) {
      const { clientId, clientSecret } = house.box.ccg;
      const page = await ask("/accounts/link", { name, clientId, clientSecret, ...rest });
      return { ...page, button: buttonOf(page.text) };
    },
    back: (address: string) => {
      const { pathname, search } = new URL(address);
      return ask(pathname + search, undefined, "Box");
    },
    jar,
  };
}

const buttonOf = (text: string) =>
  (/<a class="primary" href="([^"]+)"/.exec(text)?.[1] ?? "").replaceAll("&amp;", "&");

const named = async (name: string) =>
  (await house.db.select().from(accounts).where(eq(accounts.name, name)))[0];

it("links an account through Box's own page, which then lands files and leaks nothing", async () => {
  const { box } = house;
  const browser = await openBrowser();
  const { primary, secondary } = box.signatureKeys;
  const begun = await browser.begin("Consented", { primary, secondary });
  const address = new URL(begun.button);
  expect(Object.fromEntries(address.searchParams)).toMatchObject({
    response_type: "code",
    client_id: box.ccg.clientId,
    redirect_uri: `${origin()}/oauth/box/callback`,
  });
  const [cookie = ""] = begun.cookies;
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Lax/);
  expect(cookie).toMatch(/Path=\/oauth\/box(;|$)/);

  const userId = box.ccg.serviceUserId;
  const back = await grantAccess(begun.button, userId);
  const linked = await browser.back(back);
  expect([linked.status, linked.text]).toEqual([200, expect.stringContaining("is linked")]);
  const account = await named("Consented");
  expect(account).toMatchObject({ authKind: "oauth", boxUserId: userId, state: "linked" });

  const inbox = await box.account.createFolder({ parentId: "0", name: "Consented" });
  await house.addSource(account!.id, inbox.id, { name: "Consented" });
  await box.account.upload({ parentId: inbox.id, name: "a.csv", bytes: "a" });
  await eventually("the file landed", async () => (await house.landed()).length > 0);

  const kept = createSecrets(house.config.secretsKey).open(
    account!.credentials!,
    `accounts:${account!.id}:credentials`,
  ) as { pair: { accessToken: string; refreshToken: string } };
  const answers = [begun.text, linked.text, (await browser.ask("/")).text];
  answers.push(JSON.stringify(await house.api("GET", "/api/accounts")));
  const dumped = JSON.stringify(await house.db.execute("select t::text from accounts t"));
  const said = [...house.lines, ...answers, dumped].join("\n");
  const code = new URL(back).searchParams.get("code")!;
  const { accessToken, refreshToken } = kept.pair;
  for (const secret of [accessToken, refreshToken, box.ccg.clientSecret, code, primary])
    expect(said.includes(secret), "a secret was said").toBe(false);
});

it("refuses a grant that comes back without the cookie, with another state, or to another browser", async () => {
  const browser = await openBrowser();
  const other = await openBrowser();
  const { button } = await browser.begin("Stolen");
  const back = await grantAccess(button, house.box.ccg.userId);
  const before = tokenCalls();
  expect((await other.back(back)).status).toBe(400);
  await other.begin("Another");
  expect((await other.back(back)).status).toBe(400);
  const wrong = new URL(back);
  wrong.searchParams.set("state", "x");
  expect((await browser.back(wrong.href)).status).toBe(400);
  expect((await browser.back(back)).status, "a wrong state spends the cookie").toBe(400);
  const again = await browser.begin("Stolen");
  expect((await browser.back(`${origin()}/oauth/box/callback?error=access_denied`)).status).toBe(
    400,
  );
  expect((await browser.back(await grantAccess(again.button, house.box.ccg.userId))).status).toBe(
    200,
  );
  expect(tokenCalls() - before).toBe(1);
});

it("refuses a state that was used, with its cookie kept and a fresh code", async () => {
  const browser = await openBrowser();
  const { button } = await browser.begin("Once");
  const cookie = browser.jar.get("longshore_pending_link")!;
  expect((await browser.back(await grantAccess(button, house.box.ccg.userId))).status).toBe(200);
  browser.jar.set("longshore_pending_link", cookie);
  const before = tokenCalls();
  const replayed = await browser.back(await grantAccess(button, house.box.ccg.userId));
  expect([replayed.status, replayed.text]).toEqual([422, expect.stringContaining("used already")]);
  expect(tokenCalls()).toBe(before);
});

it("says what is wrong with a form, and asks whoever is not signed in to do so", async () => {
  const browser = await openBrowser();
  const half = await browser.begin("Half", { primary: "only" });
  expect([half.status, half.text]).toEqual([400, expect.stringContaining("both signature keys")]);
  expect((await browser.begin("")).status).toBe(400);
  const stranger = await fetch(`${origin()}/accounts/link`, { redirect: "manual" });
  expect(stranger.status).toBe(303);
});

it("gives an account that lost its login a new one, for the same Box user alone", async () => {
  const { box, db } = house;
  const browser = await openBrowser();
  const { button } = await browser.begin("Lost");
  await browser.back(await grantAccess(button, box.ccg.userId));
  const { id } = (await named("Lost"))!;
  await db
    .update(accounts)
    .set({ state: "needs_relogin", reason: "Box refuses it" })
    .where(eq(accounts.id, id));
  expect((await browser.ask("/")).text).toContain(`action="/accounts/${id}/grant"`);
  const grant = async (user: string) => {
    const page = await browser.ask(`/accounts/${id}/grant`, {});
    return browser.back(await grantAccess(buttonOf(page.text), user));
  };
  const foreign = await grant(box.ccg.serviceUserId);
  expect([foreign.status, foreign.text]).toEqual([
    422,
    expect.stringContaining("another Box user"),
  ]);
  expect((await grant(box.ccg.userId)).status).toBe(200);
  expect(await named("Lost")).toMatchObject({ id, state: "linked", reason: null });
  expect((await browser.ask(`/accounts/${id}/grant`, {})).status).toBe(409);
});
