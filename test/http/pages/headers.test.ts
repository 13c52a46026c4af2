import { afterAll, beforeAll, expect, test } from "vitest";
import { cloneDatabase } from "../../support/database.ts";
import { openDesk } from "./desk.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.close());

const PATHS = [
  "/",
  "/sign-in",
  "/accounts",
  "/incidents",
  "/failures",
  "/doors",
  "/deliveries",
  "/events",
  "/sources/none",
  "/sources/new",
];

test("Every page is kept by nobody, framed by nobody and runs only scripts of ours", async () => {
  const desk = openDesk(database.db);
  await desk.signIn();
  for (const path of PATHS) {
    const { headers } = await desk.get(path);
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  }
});

test("What a page needs is ours, named by its content and kept for a year", async () => {
  const desk = openDesk(database.db);
  const page = await (await desk.get("/sign-in")).text();
  const paths = page.match(/\/assets\/[0-9a-f]{16}\/[a-z.]+/g) ?? [];
  expect(new Set(paths.map((path) => path.split("/").at(-1)))).toEqual(
    new Set(["longshore.css", "htmx.min.js", "icon.svg"]),
  );
  for (const path of paths) {
    const response = await desk.get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await response.text()).length).toBeGreaterThan(100);
  }
  expect((await desk.get("/assets/0000000000000000/longshore.css")).status).toBe(404);
});

test("A page of which the database is away says so calmly, and the log keeps no statement", async () => {
  const logged: string[] = [];
  const gone = await cloneDatabase();
  const desk = openDesk(gone.db, { logged });
  await desk.signIn();
  await gone.close();
  const response = await desk.get("/");
  expect(response.status).toBe(503);
  const page = await response.text();
  expect(page).toContain("That did not work");
  expect(page + logged.join("")).not.toContain("select");
  expect(logged.join("")).toContain("A page failed");
});
