import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { accounts, objects, walks } from "../../src/db/schema.ts";
import { cloneDatabase } from "../support/database.ts";
import { launchChromium, openPage, servePages, signIn } from "./harbour.ts";
import { aWorkingHarbour } from "./scene.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let served: Awaited<ReturnType<typeof servePages>>;
let browser: Awaited<ReturnType<typeof launchChromium>>;
let scene: Awaited<ReturnType<typeof aWorkingHarbour>>;
beforeEach(async () => {
  database = await cloneDatabase();
  scene = await aWorkingHarbour(database.db);
  [served, browser] = await Promise.all([servePages(database.db), launchChromium()]);
});
afterEach(async () => {
  await browser.close();
  await served.close();
  await database.close();
});

test("Progress is seen as it is made, and what is focused stays so", async () => {
  const { page, troubles, close } = await openPage(browser, served.url);
  await signIn(page);
  const source = page.locator(`#source-${scene.plates.id}`);
  await source.getByText("12,480 listed").waitFor();
  const link = source.getByRole("link", { name: "Plate readers" });
  await link.focus();
  const { db } = database;
  await db
    .update(walks)
    .set({ state: "done", leasedBy: null, listedFiles: 12_999, finishedAt: new Date() })
    .where(eq(walks.sourceId, scene.plates.id));
  await db
    .update(objects)
    .set({ state: "stored", generation: "1", storedAt: new Date(), storedBytes: 10 })
    .where(eq(objects.sourceId, scene.plates.id));
  await source.getByText("12,999 listed in 312 folders").waitFor();
  await source.getByText("25 stored").waitFor();
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Plate readers");
  // Nothing is under way any more: from now on it looks seldom.
  expect(await page.locator("#live").getAttribute("hx-trigger")).toBe("every 15s");
  expect(troubles).toEqual([]);
  await close();
});

test("A source's page shows a new version as it is stored", async () => {
  const { page, troubles, close } = await openPage(browser, served.url);
  await signIn(page);
  await page.goto(`/sources/${scene.plates.id}`);
  const row = page.locator(`#object-${scene.waiting.id}`);
  await row.getByText("waiting").waitFor();
  await database.db
    .update(objects)
    .set({ state: "stored", generation: "1", storedAt: new Date(), storedBytes: 10 })
    .where(eq(objects.id, scene.waiting.id));
  await row.getByText("stored", { exact: true }).waitFor();
  expect(troubles).toEqual([]);
  await close();
});

test("An error does not take the place of what was shown, and a later refresh mends it", async () => {
  const { page, close } = await openPage(browser, served.url);
  await signIn(page);
  await page.getByRole("link", { name: "Plate readers" }).first().waitFor();
  const failed = page.waitForResponse((response) => response.status() === 503);
  await page.route(`${served.url}/`, (route) => route.fulfill({ status: 503, body: "away" }), {
    times: 1,
  });
  await failed;
  await page.getByRole("link", { name: "Plate readers" }).first().waitFor();
  await database.db
    .update(accounts)
    .set({ name: "Lab, renamed" })
    .where(eq(accounts.id, scene.lab.id));
  await page.getByRole("heading", { name: "Lab, renamed" }).waitFor();
  await close();
});

test("A session that ends leads the open page to sign in", async () => {
  const { page, close } = await openPage(browser, served.url);
  await signIn(page);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.context().clearCookies();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await close();
});

test("A failure is set going by its button, and says so", async () => {
  const { page, troubles, close } = await openPage(browser, served.url);
  await signIn(page);
  await page.getByRole("link", { name: "2 failures need a look" }).click();
  await page.getByRole("button", { name: "Replay: store version" }).click();
  await page.getByRole("status").getByText("1 set going again.").waitFor();
  expect(await page.locator(".failure").count()).toBe(1);
  await page.getByRole("button", { name: "Replay: walk folder" }).click();
  await page.getByRole("heading", { name: "Nothing needs a look" }).waitFor();
  const [row] = await database.db.select().from(objects).where(eq(objects.id, scene.lost.id));
  expect(row?.state).toBe("pending");
  expect(troubles).toEqual([]);
  await close();
});
