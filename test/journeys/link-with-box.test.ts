import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accounts } from "../../src/db/schema.ts";
import { createSecrets } from "../../src/secrets.ts";
import { buttonOf, openBrowser } from "../support/browser.ts";
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

/** The cookies of the links that a browser has begun. */
const pendingIn = ({ jar }: Awaited<ReturnType<typeof openBrowser>>) =>
  [...jar].filter(([name]) => name.startsWith("longshore_pending_link"));

const named = async (name: string) =>
  (await house.db.select().from(accounts).where(eq(accounts.name, name)))[0];

it("links an account through Box's own page, which then lands files and leaks nothing", async () => {
  const { box } = house;
  const browser = await openBrowser(house);
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
  const browser = await openBrowser(house);
  const other = await openBrowser(house);
  const { button } = await browser.begin("Stolen");
  const back = await grantAccess(button, house.box.ccg.userId);
  const before = tokenCalls();
  expect((await other.back(back)).status).toBe(400);
  await other.begin("Another");
  expect((await other.back(back)).status).toBe(400);
  const wrong = new URL(back);
  wrong.searchParams.set("state", "x");
  expect((await browser.back(wrong.href)).status).toBe(400);
  const begun = new URL(back).searchParams.get("state")!;
  wrong.searchParams.set("state", `${begun.slice(0, 8)}${"x".repeat(24)}`);
  expect((await browser.back(wrong.href)).status).toBe(400);
  expect((await browser.back(back)).status, "a state that is guessed spends the cookie").toBe(400);
  expect((await browser.back(`${origin()}/oauth/box/callback?error=access_denied`)).status).toBe(
    400,
  );
  expect(tokenCalls()).toBe(before);
  const again = await browser.begin("Stolen");
  expect((await browser.back(await grantAccess(again.button, house.box.ccg.userId))).status).toBe(
    200,
  );
  expect(tokenCalls() - before).toBe(1);
});

it("links two accounts side by side, from two tabs of one browser", async () => {
  const browser = await openBrowser(house);
  const [left, right] = [await browser.begin("Left tab"), await browser.begin("Right tab")];
  for (const { button } of [left, right]) {
    const linked = await browser.back(await grantAccess(button, house.box.ccg.userId));
    expect(linked.status).toBe(200);
  }
  expect(await named("Left tab")).toMatchObject({ state: "linked" });
  expect(await named("Right tab")).toMatchObject({ state: "linked" });
});

it("takes a state once, whatever came back with it and whoever kept the cookie", async () => {
  const browser = await openBrowser(house);
  const { button } = await browser.begin("Once");
  const kept = pendingIn(browser);
  const denied = new URL(await grantAccess(button, ""));
  expect((await browser.back(denied.href)).text).toContain("Access was not granted");
  for (const [name, value] of kept) browser.jar.set(name, value);
  const granted = await grantAccess(button, house.box.ccg.userId);
  expect(new URL(granted).searchParams.get("state")).toBe(denied.searchParams.get("state"));
  const before = tokenCalls();
  const again = await browser.back(granted);
  expect([again.status, again.text]).toEqual([409, expect.stringContaining("was used already")]);
  expect(tokenCalls()).toBe(before);
});

it("tells a person who denied access at Box what that means, and nobody else's words", async () => {
  const browser = await openBrowser(house);
  const { button } = await browser.begin("Denied");
  const back = await grantAccess(button, "");
  expect(new URL(back).searchParams.get("error")).toBe("access_denied");
  const denied = await browser.back(back);
  expect([denied.status, denied.text]).toEqual([
    400,
    expect.stringMatching(/Access was not granted at Box.*Admin Console/s),
  ]);
  expect(denied.text).not.toContain("The user denied");
  expect((await browser.back(back)).text).toContain("did not begin this link");

  const state = async () =>
    new URL((await browser.begin("Denied")).button).searchParams.get("state");
  for (const [error, said] of [
    ["unauthorized_client", "does not let this application"],
    ["temporarily_unavailable", "status.box.com"],
    ["<b>", "granted no access"],
  ]) {
    const query = new URLSearchParams({ error: error!, state: (await state())! }).toString();
    const page = await browser.back(`${origin()}/oauth/box/callback?${query}`);
    expect([page.status, page.text]).toEqual([400, expect.stringContaining(said!)]);
    expect(page.text).not.toContain("<b>");
  }
  expect(await named("Denied")).toBeUndefined();
});

it("asks for another name before anybody is led to Box", async () => {
  const browser = await openBrowser(house);
  await browser.back(
    await grantAccess((await browser.begin("Taken")).button, house.box.ccg.userId),
  );
  const second = await browser.begin("tAKEN");
  expect([second.status, second.text]).toEqual([409, expect.stringContaining("choose another")]);
  expect(second.button).toBe("");
});

it("refuses a state that was used, with its cookie kept and a fresh code", async () => {
  const browser = await openBrowser(house);
  const { button } = await browser.begin("Once");
  const pending = pendingIn(browser);
  expect((await browser.back(await grantAccess(button, house.box.ccg.userId))).status).toBe(200);
  for (const [name, cookie] of pending) browser.jar.set(name, cookie);
  const before = tokenCalls();
  const replayed = await browser.back(await grantAccess(button, house.box.ccg.userId));
  expect([replayed.status, replayed.text]).toEqual([409, expect.stringContaining("used already")]);
  expect(tokenCalls()).toBe(before);
});

it("says what is wrong with a form, and asks whoever is not signed in to do so", async () => {
  const browser = await openBrowser(house);
  const half = await browser.begin("Half", { primary: "only" });
  expect([half.status, half.text]).toEqual([400, expect.stringContaining("both signature keys")]);
  expect((await browser.begin("")).status).toBe(400);
  const stranger = await fetch(`${origin()}/accounts/link`, { redirect: "manual" });
  expect(stranger.status).toBe(303);
});

it("gives an account that lost its login a new one, for the same Box user alone", async () => {
  const { box, db } = house;
  const browser = await openBrowser(house);
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
  expect(foreign.text).toContain(`<a href="/accounts/${id}/grant">Begin again</a>`);
  expect((await grant(box.ccg.userId)).status).toBe(200);
  expect(await named("Lost")).toMatchObject({ id, state: "linked", reason: null });
});

/** A linked account's id, and a browser that begins a new grant for it. */
async function linkedAs(name: string) {
  const browser = await openBrowser(house);
  const { button } = await browser.begin(name);
  await browser.back(await grantAccess(button, house.box.ccg.userId));
  const { id } = (await named(name))!;
  const again = async (form: Record<string, string> = {}) =>
    buttonOf((await browser.ask(`/accounts/${id}/grant`, form)).text);
  return { browser, id, again };
}

/** Two browsers that hold the same cookie come back at the same time. */
async function backTwice(browser: Awaited<ReturnType<typeof openBrowser>>, button: string) {
  const twin = await openBrowser(house);
  for (const [name, cookie] of browser.jar) twin.jar.set(name, cookie);
  const { userId } = house.box.ccg;
  const backs = [await grantAccess(button, userId), await grantAccess(button, userId)];
  const before = tokenCalls();
  const pages = await Promise.all([browser.back(backs[0]!), twin.back(backs[1]!)]);
  const refused = pages.find(({ status }) => status !== 200);
  expect(new Set(pages.map(({ status }) => status))).toEqual(new Set([200, 409]));
  expect(refused?.text).toContain("used already");
  expect(tokenCalls() - before, "one code is exchanged").toBe(1);
}

it("links once when two callbacks of one state come at the same time", async () => {
  const browser = await openBrowser(house);
  const { button } = await browser.begin("Twins");
  await backTwice(browser, button);
  expect(await named("Twins")).toMatchObject({ state: "linked" });
});

it("grants a linked account again, before its login died, once for two callbacks", async () => {
  const { browser, id, again } = await linkedAs("Early");
  const before = (await named("Early"))!.credentials;
  await backTwice(browser, await again());
  const after = await named("Early");
  expect(after).toMatchObject({ id, state: "linked" });
  expect(after!.credentials).not.toEqual(before);
});

it("refuses a grant that was begun before another one was finished", async () => {
  const { browser, again } = await linkedAs("Overtaken");
  const first = await again();
  const { userId } = house.box.ccg;
  expect((await browser.back(await grantAccess(await again(), userId))).status).toBe(200);
  expect((await browser.back(await grantAccess(first, userId))).status).toBe(409);
});

it("takes another secret of the application, and asks for both when it is another application", async () => {
  const { browser, id, again } = await linkedAs("Another secret");
  const { clientId, clientSecret, userId } = house.box.ccg;
  const page = await browser.ask(`/accounts/${id}/grant`);
  expect([page.status, page.text]).toEqual([200, expect.stringContaining(clientId)]);
  expect(page.text).not.toContain(clientSecret);
  const half = await browser.ask(`/accounts/${id}/grant`, { clientId: "another" });
  expect([half.status, half.text]).toEqual([400, expect.stringContaining("and its secret")]);
  const button = await again({ clientId, clientSecret });
  expect((await browser.back(await grantAccess(button, userId))).status).toBe(200);
  for (const nobody of [crypto.randomUUID(), "nobody"])
    expect((await browser.ask(`/accounts/${nobody}/grant`)).status).toBe(404);
});

it("a paused account keeps its pause with a new grant", async () => {
  const { browser, id, again } = await linkedAs("Paused meanwhile");
  await house.api("POST", `/api/accounts/${id}/pause`, { reason: "Enough" });
  const button = await again();
  expect((await browser.back(await grantAccess(button, house.box.ccg.userId))).status).toBe(200);
  expect(await named("Paused meanwhile")).toMatchObject({ state: "paused", reason: "Enough" });
});
