import { afterAll, beforeAll, expect, test } from "vitest";
import { anAccount } from "../http/api/rows.ts";
import { cloneDatabase } from "../support/database.ts";
import { check, launchChromium, openPage, servePages, signIn } from "./harbour.ts";
import { aBox } from "./scene-box.ts";

let browser: Awaited<ReturnType<typeof launchChromium>>;
let database: Awaited<ReturnType<typeof cloneDatabase>>;
let served: Awaited<ReturnType<typeof servePages>>;
beforeAll(async () => {
  browser = await launchChromium();
  database = await cloneDatabase();
  served = await servePages(database.db, aBox(false).clients);
});
afterAll(async () => {
  await browser.close();
  await served.close();
  await database.close();
});

/** Each step is looked through by axe, on a machine that may be busy. */
const SLOW_MS = 120_000;

test.each([
  { width: 1280, scheme: "light", javaScript: true },
  { width: 390, scheme: "dark", javaScript: true },
  { width: 1280, scheme: "light", javaScript: false },
] as const)(
  "a connection is tested, and a field is asked for, by all: $width px, $scheme, JavaScript $javaScript",
  async (look) => {
    const { name } = await anAccount(database.db);
    const { page, troubles, close } = await openPage(browser, served.url, look);
    // What looks through a page is a script itself.
    const seen = async (what: string) => look.javaScript && (await check(page, what, look));
    await signIn(page);

    await page.goto("/accounts");
    const account = page.getByRole("region", { name });
    await account.getByRole("button", { name: "Test connection" }).click();
    await page.getByRole("heading", { name: "Test again" }).waitFor();
    expect(await page.getByRole("region", { name: "Report" }).textContent()).toContain(
      "Everything that is needed is there.",
    );
    await seen("a connection's report");
    await page.goto("/accounts/test");
    await seen("the forms for credentials");

    await page.goto("/metadata-fields");
    const field = `site-${look.width}-${look.javaScript}`;
    await page.getByLabel("Name").fill(field);
    await page.getByLabel("Allowed values").fill("Basel\nBonn");
    await page.getByRole("button", { name: "Add the field" }).click();
    await page.getByRole("link", { name: field }).waitFor();
    await seen("the metadata fields");
    await page.getByRole("link", { name: field }).click();
    await page.getByRole("heading", { name: field }).waitFor();
    expect(await page.getByLabel("Allowed values").inputValue()).toBe("Basel\nBonn");
    await seen("a metadata field");
    expect(troubles).toEqual([]);
    await close();
  },
  SLOW_MS,
);
