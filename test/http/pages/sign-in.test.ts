import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cloneDatabase } from "../../support/database.ts";
import { ADMIN_TOKEN, openDesk, ORIGIN } from "./desk.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
beforeAll(async () => {
  database = await cloneDatabase();
});
afterAll(() => database.close());

const ROOMS = ["/", "/failures", "/deliveries", "/sources/x", "/versions/1"];

test("Nothing is shown to a stranger, who is led to the sign-in page and back", async () => {
  const desk = openDesk(database.db);
  for (const room of ROOMS) {
    const response = await desk.get(room);
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(`/sign-in?next=${encodeURIComponent(room)}`);
  }
  const page = await (await desk.get("/sign-in?next=/failures")).text();
  expect(page).toContain(`name="next" value="/failures"`);
  const response = await desk.post("/sign-in", [
    ["token", ADMIN_TOKEN],
    ["next", "/failures"],
  ]);
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe("/failures");
});

test("A refreshing part of a page whose session ended sends the whole page to sign in", async () => {
  const response = await openDesk(database.db).get("/failures", { "hx-request": "true" });
  expect(response.status).toBe(401);
  expect(response.headers.get("hx-redirect")).toBe("/sign-in?next=%2Ffailures");
});

test("The right token opens the door with a cookie that scripts and other sites cannot use", async () => {
  const desk = openDesk(database.db);
  const cookie = (await desk.signIn()).headers.get("set-cookie");
  expect(cookie).toContain("Max-Age=28800");
  expect(cookie).toContain("Path=/");
  expect(cookie).toContain("HttpOnly");
  expect(cookie).toContain("SameSite=Strict");
  expect(cookie).not.toContain("Secure");
  expect(cookie).not.toContain(ADMIN_TOKEN);
  expect((await desk.get("/")).status).toBe(200);
});

test("Behind an https address the cookie never travels without it", async () => {
  const desk = openDesk(database.db, { publicUrl: "https://longshore.example" });
  expect((await desk.signIn()).headers.get("set-cookie")).toContain("Secure");
});

test("A wrong token is refused on the same page in plain words, and repeated nowhere", async () => {
  const logged: string[] = [];
  const desk = openDesk(database.db, { logged });
  const response = await desk.signIn("a wrong token of somebody");
  expect(response.status).toBe(401);
  expect(response.headers.get("set-cookie")).toBeNull();
  const page = await response.text();
  expect(page).toContain("That is not the admin token.");
  expect(page + logged.join("")).not.toContain("a wrong token of somebody");
  expect(logged.join("")).toContain("wrong token was refused");
  expect((await desk.get("/")).status).toBe(303);
});

test("Many wrong tokens are slowed down, and never lock the owner out", async () => {
  const desk = openDesk(database.db);
  for (let count = 0; count < 10; count++)
    expect((await desk.signIn(`guess ${count}`)).status).toBe(401);
  const slowed = await desk.signIn("one guess more");
  expect(slowed.status).toBe(429);
  expect(await slowed.text()).toContain("many wrong ones");
  expect((await desk.signIn()).status).toBe(303);
});

test("Signing in leads to no other site", async () => {
  const desk = openDesk(database.db);
  for (const next of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil",
    "x",
  ]) {
    const response = await desk.post("/sign-in", [
      ["token", ADMIN_TOKEN],
      ["next", next],
    ]);
    expect(response.headers.get("location"), next).toBe("/");
  }
});

test("Signing out forgets the session", async () => {
  const desk = openDesk(database.db);
  await desk.signIn();
  const response = await desk.post("/sign-out", []);
  expect(response.headers.get("location")).toBe("/sign-in");
  expect(response.headers.get("set-cookie")).toMatch(/longshore_session=;.*Max-Age=0/);
});

describe("What changes something", () => {
  const ACTIONS = ["/sign-in", "/sign-out", "/replays"];

  test("is refused from another site's page", async () => {
    const desk = openDesk(database.db);
    await desk.signIn();
    const strangers: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      {},
      { origin: ORIGIN, "sec-fetch-site": "cross-site" },
    ];
    for (const action of ACTIONS)
      for (const headers of strangers) {
        const response = await desk.post(action, [["token", ADMIN_TOKEN]], headers);
        expect(response.status, `${action} ${JSON.stringify(headers)}`).toBe(403);
        expect(response.headers.get("set-cookie")).toBeNull();
      }
  });

  test("is taken from the page's own origin and from the public one", async () => {
    const desk = openDesk(database.db, { publicUrl: "https://longshore.example" });
    for (const origin of [ORIGIN, "https://longshore.example"]) {
      const response = await desk.post("/sign-in", [["token", ADMIN_TOKEN]], { origin });
      expect(response.status).toBe(303);
    }
  });

  test("is a POST and nothing else", async () => {
    const desk = openDesk(database.db);
    await desk.signIn();
    for (const action of ["/sign-out", "/replays"])
      expect((await desk.get(action)).status).toBe(404);
  });

  test("asks for a session too", async () => {
    const response = await openDesk(database.db).post("/replays", [["objectId", "1"]]);
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe("/sign-in?next=%2F");
  });
});
