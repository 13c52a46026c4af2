import { afterAll, beforeAll, expect, test } from "vitest";
import { sources } from "../../src/db/schema.ts";
import { anAccount } from "../http/api/rows.ts";
import { cloneDatabase } from "../support/database.ts";
import { launchChromium, openPage, servePages, signIn } from "./harbour.ts";
import { aBox } from "./scene-box.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let served: Awaited<ReturnType<typeof servePages>>;
let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  database = await cloneDatabase();
  await anAccount(database.db, { name: "Lab data" });
  browser = await launchChromium();
  served = await servePages(database.db, aBox(false).clients);
});
afterAll(async () => {
  await browser.close();
  await served.close();
  await database.close();
});

test("A person without JavaScript finds a folder, tries the rules, mends them, registers and edits", async () => {
  const { page, close } = await openPage(browser, served.url, { javaScript: false });
  await signIn(page);
  await page.getByRole("link", { name: "Choose a folder" }).click();
  await page.getByRole("link", { name: "Plate reader exports" }).click();
  await page.getByRole("link", { name: "Take this folder" }).click();
  expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Plate reader exports");
  await page.getByLabel("Include", { exact: true }).fill("/**/*.csv");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("begins with a slash").waitFor();
  await page.getByLabel("Include", { exact: true }).fill("**/*.csv");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("2 files (434 kB) are wanted").waitFor();
  expect(await database.db.select().from(sources)).toEqual([]);
  await page.getByRole("button", { name: "Register the source" }).click();
  await page.getByText("Registered: what lies in the folder").waitFor();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("Exclude", { exact: true }).fill("**/plate 2*");
  await page.getByRole("button", { name: "Preview" }).click();
  await page.getByText("The folder would be backfilled anew").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  expect(await database.db.select().from(sources)).toMatchObject([
    { include: ["**/*.csv"], exclude: ["**/plate 2*"] },
  ]);
  await close();
});
