import { afterAll, beforeAll, expect, test } from "vitest";
import { anAccount } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());

const path = async () => `/api/accounts/${(await anAccount(web.db)).id}`;

test("an account is paused with a reason and its moment, and resumed", async () => {
  const account = await path();
  const before = (await web.get(account)).body["stateSince"];
  const paused = await web.post(`${account}/pause`, { reason: "Box is being moved" });
  expect(paused.status).toBe(200);
  expect(paused.body).toMatchObject({ state: "paused", reason: "Box is being moved" });
  expect(paused.body["stateSince"]).not.toBe(before);
  expect((await web.get(account)).body).toEqual(paused.body);
  const resumed = await web.post(`${account}/resume`);
  expect(resumed.body).toMatchObject({ state: "linked", reason: null });
});

test("a reason may be left out, and a pause has one all the same", async () => {
  const paused = await web.post(`${await path()}/pause`);
  expect(paused.body).toMatchObject({ state: "paused", reason: "Paused by an operator" });
});

test("a test that passes leaves a paused account paused", async () => {
  const account = await path();
  await web.post(`${account}/pause`);
  expect((await web.post(`${account}/test`)).status).toBe(200);
  expect((await web.get(account)).body).toMatchObject({ state: "paused" });
});

test("a faulty reason is a 400, and an account that is not there a 404", async () => {
  const faulty = await web.post(`${await path()}/pause`, { reason: "" });
  expect(faulty.body["errors"]).toMatchObject([{ pointer: "/reason" }]);
  for (const act of ["pause", "resume"])
    expect((await web.post(`/api/accounts/${crypto.randomUUID()}/${act}`)).status).toBe(404);
});

test("figures hold the accounts by state, and no age of a paused one's stream", async () => {
  const own = await openWeb();
  await anAccount(own.db, { state: "paused" });
  await anAccount(own.db, { state: "needs_relogin" });
  const { text } = await own.get("/metrics");
  await own.close();
  expect(text).toContain('longshore_accounts{state="paused"} 1');
  expect(text).toContain('longshore_accounts{state="needs_relogin"} 1');
  expect(text).toContain('longshore_accounts{state="linked"} 0');
});
