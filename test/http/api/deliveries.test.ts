import { lte } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deliveries } from "../../../src/db/schema.ts";
import { aDelivery, anAccount } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
let accountId: string;
beforeAll(async () => {
  web = await openWeb();
  accountId = (await anAccount(web.db)).id;
});
afterAll(() => web.close());

test("a delivery is shown with its body as JSON", async () => {
  const body = { type: "webhook_event", trigger: "FILE.UPLOADED", source: { id: "5" } };
  const row = await aDelivery(web.db, accountId, {
    trigger: "FILE.UPLOADED",
    body: Buffer.from(JSON.stringify(body)),
  });
  expect((await web.get(`/api/deliveries/${row.id}`)).body).toEqual({
    id: String(row.id),
    accountId,
    webhookId: "7",
    eventId: row.eventId,
    trigger: "FILE.UPLOADED",
    outcome: "recorded",
    note: null,
    receivedAt: row.receivedAt.toISOString(),
    body,
  });
});

test("a body that is no JSON is shown as text", async () => {
  const row = await aDelivery(web.db, accountId, {
    outcome: "unreadable",
    body: Buffer.from("not { json"),
  });
  expect((await web.get(`/api/deliveries/${row.id}`)).body["body"]).toBe("not { json");
});

test("deliveries are listed newest first without bodies, by account, outcome and trigger", async () => {
  const { id } = await anAccount(web.db);
  for (const [trigger, outcome] of [
    ["FILE.UPLOADED", "recorded"],
    ["FILE.LOCKED", "ignored"],
    ["FILE.UPLOADED", "noted"],
  ] as const)
    await aDelivery(web.db, id, { trigger, outcome });
  const outcomes = async (query: string) =>
    items(await web.get(`/api/deliveries?accountId=${id}${query}`)).map((row) => row["outcome"]);
  expect(await outcomes("")).toEqual(["noted", "ignored", "recorded"]);
  expect(await outcomes("&trigger=FILE.UPLOADED")).toEqual(["noted", "recorded"]);
  expect(await outcomes("&outcome=ignored")).toEqual(["ignored"]);
  const paged = await pages(web, `/api/deliveries?accountId=${id}`, 2);
  expect(paged.map((page) => page.length)).toEqual([2, 1]);
  expect(paged.flat().some((row) => "body" in row)).toBe(false);
});

test("a delivery that is not kept any more says so, one that never was does not", async () => {
  const account = await anAccount(web.db);
  const pruned = await aDelivery(web.db, account.id);
  const kept = await aDelivery(web.db, account.id);
  await web.db.delete(deliveries).where(lte(deliveries.id, pruned.id));
  const gone = await web.get(`/api/deliveries/${pruned.id}`);
  expect(gone.status).toBe(404);
  expect(gone.body["hint"]).toContain("RETENTION_DAYS");
  const never = await web.get(`/api/deliveries/${kept.id + 1000}`);
  expect(never.body["hint"]).not.toContain("RETENTION_DAYS");
  await web.db.delete(deliveries);
  expect((await web.get(`/api/deliveries/${kept.id}`)).body["hint"]).toContain("RETENTION_DAYS");
});
