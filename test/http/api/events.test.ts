import { afterAll, beforeAll, expect, test } from "vitest";
import { recordEvents } from "../../../src/db/events.ts";
import { accountId } from "../../../src/core/ids.ts";
import { anAccount } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
let account: string;
beforeAll(async () => {
  web = await openWeb();
  account = (await anAccount(web.db)).id;
  const kept = (eventId: string, odd?: string) => ({
    eventId,
    eventType: odd ? "ITEM_UPLOAD" : "LOCK_CREATE",
    odd,
    raw: { event_id: eventId, source: null },
  });
  const seen = [kept("1"), kept("2", "it says nothing"), kept("3"), kept("4", "no id")];
  await recordEvents(web.db, accountId(account), "changes", seen);
});
afterAll(() => web.close());

test("odd events are shown as Box sent them, with why they could not be read", async () => {
  const found = items(await web.get(`/api/events?odd=true&accountId=${account}`));
  expect(found).toMatchObject([
    { eventId: "4", odd: "no id", raw: { event_id: "4", source: null }, stream: "changes" },
    { eventId: "2", odd: "it says nothing", type: "ITEM_UPLOAD", accountId: account },
  ]);
});

test("events kept in one moment are paged, each once", async () => {
  const paged = await pages<{ eventId: string }>(web, "/api/events", 3);
  expect(paged.map((page) => page.length)).toEqual([3, 1]);
  expect(paged.flat().map(({ eventId }) => eventId)).toEqual(["4", "3", "2", "1"]);
  const odd = await pages<{ eventId: string }>(web, "/api/events?odd=true", 1);
  expect(odd.flat().map(({ eventId }) => eventId)).toEqual(["4", "2"]);
});

test("events are found by Box's type; one that could be read is shown without what Box sent", async () => {
  const [first] = items(await web.get("/api/events?type=LOCK_CREATE"));
  expect(first).toMatchObject({ eventId: "3", odd: null, raw: null });
});
