import { afterAll, beforeAll, expect, test } from "vitest";
import { cloneDatabase } from "../support/database.ts";
import { launchChromium, openPage, servePages, signIn } from "./harbour.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let served: Awaited<ReturnType<typeof servePages>>;
let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  database = await cloneDatabase();
  [served, browser] = await Promise.all([servePages(database.db), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await served.close();
  await database.close();
});

test("A person signs in with the token, goes where they wanted, and signs out", async () => {
  const { page, troubles, close } = await openPage(browser, served.url);
  await page.goto("/failures");
  expect(new URL(page.url()).pathname).toBe("/sign-in");
  await page.getByLabel("Admin token").fill("an admin token that is long enough");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Nothing needs a look" }).waitFor();
  expect(page.url()).toBe(`${served.url}/failures`);
  expect(await page.evaluate("document.cookie")).toBe("");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto("/");
  expect(new URL(page.url()).pathname).toBe("/sign-in");
  expect(troubles).toEqual([]);
  await close();
});

test("A wrong token stays on the page, and the words of the refusal belong to the field", async () => {
  const { page, close } = await openPage(browser, served.url);
  await signIn(page, "not the token");
  await page.getByRole("alert").waitFor();
  const described = page.getByLabel("Admin token");
  expect(await described.getAttribute("aria-invalid")).toBe("true");
  expect(await page.getByRole("alert").textContent()).toBe("That is not the admin token.");
  expect(page.url()).not.toContain("token=");
  await close();
});

test("Everything works without JavaScript", async () => {
  const { page, close } = await openPage(browser, served.url, { javaScript: false });
  await signIn(page);
  await page.getByRole("heading", { name: "No Box account is linked yet" }).waitFor();
  await page.getByRole("link", { name: "Deliveries" }).click();
  await page.getByRole("heading", { name: "No delivery" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await close();
});
