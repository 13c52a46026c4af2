import { afterAll, beforeAll, expect, test } from "vitest";
import { anAccount, anIncident, aSource } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
let lab: string;
let plates: string;

beforeAll(async () => {
  web = await openWeb();
  lab = (await anAccount(web.db, { name: "Lab" })).id;
  plates = (await aSource(web.db, lab, { name: "Plates" })).id;
  await anIncident(web.db, { subject: "a", accountId: lab, sourceId: plates, details: { n: 3 } });
  await anIncident(web.db, { subject: "b", kind: "given_up", accountId: lab });
  await anIncident(web.db, { subject: "c", closedAt: new Date("2026-05-01T12:00:00Z") });
  await anIncident(web.db, { subject: "d", kind: "lake_blocked", hint: null });
});
afterAll(() => web.close());

const subjects = async (query = "") =>
  items<{ subject: string }>(await web.get(`/api/incidents${query}`)).map(({ subject }) => subject);

test("open incidents are listed, the last first, each with what it means and what to do", async () => {
  expect(await subjects()).toEqual(["d", "b", "a"]);
  const [, , first] = items(await web.get("/api/incidents"));
  expect(first).toEqual({
    id: expect.stringMatching(/^\d+$/),
    kind: "webhook_silent",
    title: "Webhook is silent",
    subject: "a",
    accountId: lab,
    accountName: "Lab",
    sourceId: plates,
    sourceName: "Plates",
    message: expect.stringContaining("not delivered"),
    hint: expect.stringContaining("PUBLIC_URL"),
    details: { n: 3 },
    openedAt: expect.stringMatching(/Z$/),
    closedAt: null,
    acknowledgedAt: null,
  });
});

test("closed ones are kept, and listed when asked for", async () => {
  expect(await subjects("?state=closed")).toEqual(["c"]);
  expect(await subjects("?state=all")).toEqual(["d", "c", "b", "a"]);
  expect(items(await web.get("/api/incidents?state=closed"))).toMatchObject([
    { closedAt: "2026-05-01T12:00:00.000Z", accountName: null },
  ]);
});

test("they are found by kind, account and source", async () => {
  expect(await subjects("?kind=given_up")).toEqual(["b"]);
  expect(await subjects(`?accountId=${lab}`)).toEqual(["b", "a"]);
  expect(await subjects(`?sourceId=${plates}`)).toEqual(["a"]);
  expect(await subjects(`?sourceId=${lab}&state=all`)).toEqual([]);
});

test("pages follow each other without gaps", async () => {
  const found = await pages<{ subject: string }>(web, "/api/incidents?state=all", 3);
  expect(found.map((page) => page.map(({ subject }) => subject))).toEqual([["d", "c", "b"], ["a"]]);
});

test.each(["?state=ajar", "?kind=bad_weather", "?accountId=7", "?cursor=x", "?until=now"])(
  "%s is refused with where it is wrong",
  async (query) => {
    const { status, body } = await web.get(`/api/incidents${query}`);
    expect(status).toBe(400);
    expect(body["errors"]).toHaveLength(1);
  },
);

test("the metrics count what is open, kind by kind, and say zero of the rest", async () => {
  const { text } = await web.get("/metrics");
  expect(text).toContain('longshore_incidents_open{kind="given_up"} 1');
  expect(text).toContain('longshore_incidents_open{kind="webhook_silent"} 1');
  expect(text).toContain('longshore_incidents_open{kind="webhook_gone"} 0');
});

test("what nothing may ever mend is closed by who knows of it, once", async () => {
  const gone = await anIncident(web.db, { subject: "gone", kind: "versions_gone" });
  const path = `/api/incidents/${gone.id}/acknowledge`;
  const { status, body } = await web.post(path);
  expect({ status, body }).toMatchObject({
    status: 200,
    body: { kind: "versions_gone", acknowledgedAt: expect.any(String) },
  });
  expect(body["closedAt"]).toBe(body["acknowledgedAt"]);
  expect((await web.post(path)).body).toEqual(body);
  expect(await subjects()).not.toContain("gone");
});

test("what closes by itself cannot be acknowledged, nor what is not there", async () => {
  const blocked = await anIncident(web.db, { subject: "blocked", kind: "lake_blocked" });
  const refused = await web.post(`/api/incidents/${blocked.id}/acknowledge`);
  expect(refused).toMatchObject({
    status: 422,
    body: { hint: expect.stringContaining("closes by itself") },
  });
  expect(await subjects()).toContain("blocked");
  for (const id of ["999999", "x", "9".repeat(18)])
    expect((await web.post(`/api/incidents/${id}/acknowledge`)).status).toBe(404);
});
