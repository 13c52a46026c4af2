import { expect, test } from "vitest";
import { aDelivery, anAccount } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

/** The deliveries that a page lists, in its order. */
const listed = (page: string) =>
  [...page.matchAll(/id="delivery-(\d+)"/g)].map((found) => Number(found[1]));

test("What Box says about a webhook, and what could not be read, is seen with its note", async () => {
  const account = await anAccount(at.db, { name: "Lab" });
  const uploaded = await aDelivery(at.db, account.id, { trigger: "FILE.UPLOADED" });
  const stripped = await aDelivery(at.db, account.id, {
    trigger: "NO_ACTIVE_SESSION",
    outcome: "noted",
    note: "Somebody must log in again",
  });
  const odd = await aDelivery(at.db, account.id, {
    outcome: "unreadable",
    note: "The body is no JSON",
  });
  const page = await at.desk.html("/deliveries");
  expect(listed(page)).toEqual([odd.id, stripped.id, uploaded.id]);
  for (const words of [
    "NO_ACTIVE_SESSION",
    "Somebody must log in again",
    "The body is no JSON",
    "Lab",
  ])
    expect(page).toContain(words);
  expect(listed(await at.desk.html("/deliveries?outcome=noted"))).toEqual([stripped.id]);
  expect(listed(await at.desk.html("/deliveries?outcome=unreadable"))).toEqual([odd.id]);
  expect(listed(await at.desk.html("/deliveries?outcome=nonsense"))).toHaveLength(3);
});

test("They are listed fifty at a time, within the chosen outcome", async () => {
  const account = await anAccount(at.db);
  const made: number[] = [];
  for (let number = 0; number < 51; number++) {
    made.unshift((await aDelivery(at.db, account.id, { outcome: "noted" })).id);
    await aDelivery(at.db, account.id);
  }
  const first = await at.desk.html("/deliveries?outcome=noted");
  expect(listed(first)).toEqual(made.slice(0, 50));
  const older = /href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
  expect(listed(await at.desk.html(older))).toEqual(made.slice(50));
});

test("Without any it says which sources need none", async () => {
  expect(await at.desk.html("/deliveries")).toContain("polled every minute");
});
