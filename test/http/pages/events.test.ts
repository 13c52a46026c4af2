import { expect, test } from "vitest";
import { events } from "../../../src/db/schema.ts";
import { anAccount } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

async function anEvent(values: Partial<typeof events.$inferInsert> = {}) {
  const account = await anAccount(at.db, { name: `Lab ${crypto.randomUUID()}` });
  await at.db.insert(events).values({
    accountId: account.id,
    eventId: crypto.randomUUID(),
    stream: "changes",
    eventType: "ITEM_UPLOAD",
    ...values,
  });
  return account;
}

test("An event that could not be read is shown as Box sent it, and why; what was read is not", async () => {
  await anEvent({ eventType: "ITEM_COPY" });
  const account = await anEvent({
    eventType: "<NEW>",
    odd: "source is a number",
    raw: { source: 7, text: "<script>\u202e" },
  });
  const page = await at.desk.html("/events");
  for (const words of [
    "&lt;NEW&gt;",
    "source is a number",
    account.name,
    "&quot;source&quot;:7",
    "&quot;text&quot;:&quot;&lt;script&gt;",
    "U+202E",
  ])
    expect(page).toContain(words);
  expect(page).not.toContain("ITEM_COPY");
});

test("What is very long is cut, with the way to the whole", async () => {
  await anEvent({ odd: "odd", raw: { text: "x".repeat(5_000) } });
  const page = await at.desk.html("/events");
  expect(page).toContain("the whole: GET /api/events?odd=true");
  expect(page).not.toContain("x".repeat(1_001));
});

test("Without any it says so, and many are paged, each once, whatever their ids are", async () => {
  expect(await at.desk.html("/events")).toContain("No event that could not be read");
  const ids = Array.from({ length: 23 }, (_, number) => `~ & ${number} ä`);
  for (const [number, eventId] of ids.entries())
    await anEvent({ eventId, odd: "odd", seenAt: new Date(Date.UTC(2026, 4, 1, 0, 0, number)) });
  const told = (page: string) =>
    [...page.matchAll(/~ &amp; (\d+) ä<\/bdi>/g)].map((found) => Number(found[1]));
  const first = await at.desk.html("/events");
  const next = /href="([^"]+)" rel="next"/.exec(first)?.[1] ?? "";
  const second = await at.desk.html(next);
  expect([...told(first), ...told(second)]).toEqual(ids.map((_, index) => 22 - index));
  expect(told(await at.desk.html("/events?before=2026~x"))).toEqual(told(first));
});
