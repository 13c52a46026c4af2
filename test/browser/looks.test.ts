import { AxeBuilder } from "@axe-core/playwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cloneDatabase } from "../support/database.ts";
import { launchChromium, type Look, openPage, servePages, signIn } from "./harbour.ts";
import { anUglyHarbour, aWorkingHarbour } from "./scene.ts";

let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const HARBOURS = ["empty", "working", "ugly"] as const;
const LOOKS: Look[] = [
  { width: 1280, scheme: "light" },
  { width: 1280, scheme: "dark" },
  { width: 390, scheme: "light" },
  { width: 390, scheme: "dark" },
];

describe.each(HARBOURS)("In a harbour that is %s", (harbour) => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let served: Awaited<ReturnType<typeof servePages>>;
  let paths = ["/", "/failures", "/deliveries", "/sources/none", "/sign-in"];
  beforeAll(async () => {
    database = await cloneDatabase();
    paths = [...paths, ...(await fill(harbour))];
    served = await servePages(database.db);
  });
  afterAll(async () => {
    await served.close();
    await database.close();
  });

  /** Puts rows into the database and answers the pages that they have. */
  async function fill(kind: (typeof HARBOURS)[number]): Promise<string[]> {
    if (kind === "empty") return [];
    if (kind === "working") {
      const { plates, lost, waiting } = await aWorkingHarbour(database.db);
      return [`/sources/${plates.id}`, `/versions/${lost.id}`, `/versions/${waiting.id}`];
    }
    const { source, bare, lost } = await anUglyHarbour(database.db);
    return [`/sources/${source.id}`, `/sources/${bare.id}?state=given_up`, `/versions/${lost.id}`];
  }

  test.each(LOOKS)("every page can be used by all, $scheme, $width px wide", async (look) => {
    const { page, troubles, close } = await openPage(browser, served.url, look);
    await signIn(page);
    for (const path of paths) {
      await page.goto(path);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
        path,
      ).toEqual([]);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      expect(width, `${path} is wider than the screen`).toBe(look.width);
    }
    const notFound =
      "error: Failed to load resource: the server responded with a status of 404 (Not Found)";
    expect(troubles).toEqual([notFound]);
    await close();
  });
});
