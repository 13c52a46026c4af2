import { afterAll, beforeAll, expect, test } from "vitest";
import { webhooks } from "../../../src/db/schema.ts";
import { anAccount } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
let lab: string;
const at = new Date("2026-05-01T12:00:00Z");

beforeAll(async () => {
  web = await openWeb();
  lab = (await anAccount(web.db)).id;
  const other = (await anAccount(web.db)).id;
  await web.db.insert(webhooks).values([
    { accountId: lab, folderId: "10", state: "registered", boxWebhookId: "7", heardAt: at },
    { accountId: lab, folderId: "0", state: "polled", reason: "The root", hint: "Below it." },
    { accountId: other, folderId: "10", state: "wanted" },
  ]);
});
afterAll(() => web.close());

const folders = async (query: string) =>
  items<{ folderId: string }>(await web.get(`/api/webhooks${query}`)).map(
    ({ folderId }) => folderId,
  );

test("webhooks are listed by account and state, with when they last delivered and why not", async () => {
  expect(await folders("")).toHaveLength(3);
  expect((await folders(`?accountId=${lab}`)).sort()).toEqual(["0", "10"]);
  expect(await folders("?state=wanted")).toEqual(["10"]);
  expect(items(await web.get(`/api/webhooks?state=registered`))).toMatchObject([
    { boxWebhookId: "7", heardAt: "2026-05-01T12:00:00.000Z", checkedAt: null, reason: null },
  ]);
  expect(items(await web.get(`/api/webhooks?state=polled`))).toMatchObject([
    { reason: "The root", hint: "Below it.", heardAt: null },
  ]);
});

test("pages follow each other without gaps", async () => {
  const found = await pages<{ id: string }>(web, "/api/webhooks", 2);
  expect(found.map((page) => page.length)).toEqual([2, 1]);
  expect(new Set(found.flat().map(({ id }) => id)).size).toBe(3);
});

test.each(["?state=gone", "?cursor=x", "?folderId=10"])("%s is refused", async (query) => {
  expect((await web.get(`/api/webhooks${query}`)).status).toBe(400);
});
