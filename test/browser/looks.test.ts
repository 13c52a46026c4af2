import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cloneDatabase } from "../support/database.ts";
import { check, launchChromium, type Look, openPage, servePages, signIn } from "./harbour.ts";
import { anUglyHarbour, aWorkingHarbour } from "./scene.ts";
import { aBox, PARENT } from "./scene-box.ts";

let browser: Awaited<ReturnType<typeof launchChromium>>;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

const ONE: Look[] = [
  { width: 1280, scheme: "light" },
  { width: 390, scheme: "dark" },
];
const OTHER: Look[] = [
  { width: 1280, scheme: "dark" },
  { width: 390, scheme: "light" },
];

/** Every page is seen by day and by night, wide and narrow; between them in all four ways. */
const HARBOURS = [
  { harbour: "empty", looks: ONE },
  { harbour: "working", looks: ONE },
  { harbour: "ugly", looks: OTHER },
] as const;

/** A dozen pages, each looked through by axe, on a machine that may be busy. */
const SLOW_MS = 90_000;

describe.each(HARBOURS)("In a harbour that is $harbour", ({ harbour, looks }) => {
  let database: Awaited<ReturnType<typeof cloneDatabase>>;
  let served: Awaited<ReturnType<typeof servePages>>;
  let paths = ["/", "/accounts", "/incidents", "/failures", "/doors", "/deliveries", "/events"];
  beforeAll(async () => {
    database = await cloneDatabase();
    paths = [...paths, ...(await fill(harbour))];
    served = await servePages(database.db, aBox(harbour === "ugly").clients);
  });
  afterAll(async () => {
    await served.close();
    await database.close();
  });

  /** Puts rows into the database and answers the pages that they have. */
  async function fill(kind: (typeof HARBOURS)[number]["harbour"]): Promise<string[]> {
    if (kind === "empty") return ["/sources/none", "/sources/new", "/sign-in"];
    if (kind === "working") {
      const { lab, plates, lost, waiting } = await aWorkingHarbour(database.db);
      const objects = [lost, waiting].map(({ id }) => `/versions/${id}`);
      return [`/sources/${plates.id}`, ...objects, ...stepsOf(lab)];
    }
    const { account, source, bare, lost } = await anUglyHarbour(database.db);
    const given = `/sources/${bare.id}?state=given_up`;
    const own = [`/sources/${source.id}`, `/sources/${source.id}/edit`];
    return [...own, given, `/versions/${lost.id}`, ...stepsOf(account)];
  }

  /** The way to a new source; the form comes last, to be filled in. */
  const stepsOf = ({ id }: { id: string }) => [
    `/sources/new/folder?account=${id}&parent=${PARENT}`,
    `/sources/new/rules?account=${id}&folder=${PARENT}`,
  ];

  test.each(looks)(
    "every page can be used by all, $scheme, $width px wide",
    async (look) => {
      const { page, troubles, close } = await openPage(browser, served.url, look);
      await signIn(page);
      for (const path of paths) {
        await page.goto(path);
        await check(page, path, look);
      }
      if (harbour !== "empty") {
        await page.getByRole("button", { name: "Preview" }).click();
        await page.getByRole("heading", { name: "What it would take" }).waitFor();
        await check(page, "a preview", look);
      }
      const notFound =
        "error: Failed to load resource: the server responded with a status of 404 (Not Found)";
      expect(troubles).toEqual(harbour === "empty" ? [notFound] : []);
      await close();
    },
    SLOW_MS,
  );
});
