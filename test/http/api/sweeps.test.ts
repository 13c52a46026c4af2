import { afterAll, beforeAll, expect, test } from "vitest";
import { aSource, aWalk, anAccount } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
beforeAll(async () => {
  web = await openWeb();
});
afterAll(() => web.close());

test("a sweep is begun on demand, once while it runs, and is the first of the list", async () => {
  const { id: accountId } = await anAccount(web.db);
  const source = await aSource(web.db, accountId);
  await aWalk(web.db, source, { state: "done" });
  await aWalk(web.db, source, { kind: "sweep", state: "done", matched: 3, finishedAt: new Date() });
  const path = `/api/sources/${source.id}/sweeps`;
  const begun = await web.post(path);
  expect(begun.status).toBe(202);
  expect(begun.body).toMatchObject({ state: "running", why: "asked for", finishedAt: null });
  expect((await web.post(path)).body["id"]).toBe(begun.body["id"]);
  const listed = await web.get(path);
  expect(items(listed)).toMatchObject([
    { id: begun.body["id"], state: "running" },
    { state: "done", matched: 3, skipped: {} },
  ]);
  expect((await pages(web, path, 1)).map((page) => page.length)).toEqual([1, 1]);
});

test("one that failed says why and what to do, and that of no source is a 404", async () => {
  const { id: accountId } = await anAccount(web.db);
  const source = await aSource(web.db, accountId);
  const failed = { state: "given_up", failureReason: "It is gone", hint: "Restore it." } as const;
  await aWalk(web.db, source, { kind: "sweep", ...failed });
  expect(items(await web.get(`/api/sources/${source.id}/sweeps`))).toMatchObject([
    { state: "failed", reason: "It is gone", hint: "Restore it." },
  ]);
  const gone = await aSource(web.db, accountId, { state: "deleted" });
  for (const id of [gone.id, "none"]) {
    expect((await web.post(`/api/sources/${id}/sweeps`)).status).toBe(404);
    expect((await web.get(`/api/sources/${id}/sweeps`)).status).toBe(404);
  }
});
