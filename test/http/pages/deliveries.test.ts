import { afterEach, beforeEach, expect, test } from "vitest";
import { cloneDatabase } from "../../support/database.ts";
import { aDelivery, anAccount } from "../api/rows.ts";
import { openDesk } from "./desk.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let desk: ReturnType<typeof openDesk>;
beforeEach(async () => {
  database = await cloneDatabase();
  desk = openDesk(database.db);
  await desk.signIn();
});
afterEach(() => database.close());

/** The deliveries that a page lists, in its order. */
const listed = (page: string) =>
  [...page.matchAll(/id="delivery-(\d+)"/g)].map((found) => Number(found[1]));

test("What Box says about a webhook, and what could not be read, is seen with its note", async () => {
  const account = await anAccount(database.db, { name: "Lab" });
  const uploaded = await aDelivery(database.db, account.id, { trigger: "FILE.UPLOADED" });
  const stripped = await aDelivery(database.db, account.id, {
    trigger: "NO_ACTIVE_SESSION",
    outcome: "noted",
    note: "Somebody must log in again",
  });
  const odd = await aDelivery(database.db, account.id, {
    outcome: "unreadable",
    note: "The body is no JSON",
  });
  const page = await desk.html("/deliveries");
  expect(listed(page)).toEqual([odd.id, stripped.id, uploaded.id]);
  for (const words of [
    "NO_ACTIVE_SESSION",
    "Somebody must log in again",
    "The body is no JSON",
    "Lab",
  ])
    expect(page).toContain(words);
  expect(listed(await desk.html("/deliveries?outcome=noted"))).toEqual([stripped.id]);
  expect(listed(await desk.html("/deliveries?outcome=unreadable"))).toEqual([odd.id]);
  expect(listed(await desk.html("/deliveries?outcome=nonsense"))).toHaveLength(3);
});

test("They are listed fifty at a time, within the chosen outcome", async () => {
  const account = await anAccount(database.db);
  const made: number[] = [];
  for (let number = 0; number < 51; number++) {
    made.unshift((await aDelivery(database.db, account.id, { outcome: "noted" })).id);
    await aDelivery(database.db, account.id);
  }
  const first = await desk.html("/deliveries?outcome=noted");
  expect(listed(first)).toEqual(made.slice(0, 50));
  const older = /href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
  expect(listed(await desk.html(older))).toEqual(made.slice(50));
});

test("Without any it says which sources need none", async () => {
  expect(await desk.html("/deliveries")).toContain("polled every minute");
});
