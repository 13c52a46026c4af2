import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { accountId as toAccountId, folderId as toFolderId } from "../../../src/core/ids.ts";
import { rememberFolders } from "../../../src/db/ancestry.ts";
import { aWalk, anAccount, aSource } from "./rows.ts";
import { items, openWeb, pages, type Web } from "./web.ts";

let web: Web;
let accountId: string;
beforeAll(async () => {
  web = await openWeb();
  web.box.addFolder("100", "Inbox");
  web.box.addFolder("0", "All Files");
  web.box.addFile("900");
  const auth = { kind: "developerToken", token: "token" };
  const signatureKeys = { primary: "one", secondary: "two" };
  const linked = await web.post("/api/accounts", { name: "Lab", auth, signatureKeys });
  accountId = String(linked.body["id"]);
});
afterAll(() => web.close());
afterEach(() => web.box.failWith(undefined));

const register = (name: string, rest: object = {}) =>
  web.post("/api/sources", { accountId, name, folderId: "100", ...rest });

test("a source is registered with its webhook and its backfill under way", async () => {
  const described = {
    description: "What the plate readers write\nline two",
    include: ["**/*.csv"],
    exclude: ["tmp/**"],
    tags: ["lab", 'a "quoted", {odd} \\ one', "NULL"],
    metadata: { site: "Basel", "x.y-z_1": "" },
  };
  const registered = await register("Plate Reader 7", described);
  const id = String(registered.body["id"]);
  expect(registered.status).toBe(201);
  expect(registered.headers.get("location")).toBe(`/api/sources/${id}`);
  expect(registered.body).toMatchObject({
    ...described,
    accountId,
    name: "Plate Reader 7",
    slug: "plate-reader-7",
    folderId: "100",
    folderName: "Inbox",
    state: "active",
    webhook: { state: "registered" },
    backfill: { state: "queued", listed: 0, matched: 0, folders: 0, finishedAt: null },
    listing: null,
    counts: { stored: 0, pending: 0, waiting: 0, givenUp: 0, withdrawn: 0, storedBytes: 0 },
    lastStoredAt: null,
  });
  expect((await web.get(`/api/sources/${id}`)).body).toEqual(registered.body);
});

test("its folder is called as Box calls it by now", async () => {
  web.box.addFolder("200", "Lab");
  const { body } = await register("Renamed at Box", { folderId: "200" });
  const account = toAccountId(accountId);
  const parentId = toFolderId("0");
  const asOf = new Date(Date.now() + 1000);
  await rememberFolders(web.db, account, [
    { folderId: toFolderId("200"), name: "Laboratory", parentId, asOf },
  ]);
  const { body: now } = await web.get(`/api/sources/${String(body["id"])}`);
  expect([body["folderName"], now["folderName"]]).toEqual(["Lab", "Laboratory"]);
});

test("a source that can have no webhook says why it is polled and what to do", async () => {
  const { body } = await register("Everything", { folderId: "0" });
  expect(body["webhook"]).toEqual({
    state: "polled",
    reason: expect.stringMatching("root folder"),
    hint: expect.any(String),
  });
});

test("without a public address a source is polled", async () => {
  const hidden = await openWeb({ webhookBase: undefined });
  hidden.box.addFolder("100");
  const { id } = await anAccount(hidden.db, { signatureKeys: Buffer.from("sealed") });
  const source = { accountId: id, name: "Hidden", folderId: "100" };
  const { body } = await hidden.post("/api/sources", source);
  expect(body["webhook"]).toMatchObject({
    state: "polled",
    hint: expect.stringMatching("PUBLIC_URL"),
  });
  expect((await hidden.get(`/api/accounts/${id}`)).body["webhookAddress"]).toBeNull();
  await hidden.close();
});

test("a folder that Box does not show is a 422 with a hint", async () => {
  const refused = await register("Nowhere", { folderId: "404" });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({ hint: expect.stringMatching("lab@example.com") });
});

test("a file in the folder's place is a 422 that says so", async () => {
  const refused = await register("A file", { folderId: "900" });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({
    errors: [{ pointer: "/folderId" }],
    hint: expect.stringMatching("folder that it lies in"),
  });
});

test("dead credentials are a 422, Box out of reach is a 503, and neither leaves a source", async () => {
  web.box.failWith(new Failure("unauthorized", "Box refuses the token"));
  expect((await register("Unlucky")).status).toBe(422);
  web.box.failWith(new Failure("transient", "Box does not answer"));
  const refused = await register("Unlucky");
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  web.box.failWith(undefined);
  expect((await register("Unlucky")).status).toBe(201);
});

test("an account that is none is a 422 at its field", async () => {
  const refused = await register("Orphan", { accountId: crypto.randomUUID() });
  expect(refused.status).toBe(422);
  expect(refused.body["errors"]).toMatchObject([{ pointer: "/accountId" }]);
});

test("a name is taken whatever its case, for a new source and for a renamed one", async () => {
  const { body } = await register("Taken");
  expect((await register("TAKEN")).status).toBe(409);
  const other = await register("Free");
  expect(
    (await web.patch(`/api/sources/${String(other.body["id"])}`, { name: "taken" })).status,
  ).toBe(409);
  const own = await web.patch(`/api/sources/${String(body["id"])}`, { name: "TAKEN" });
  expect(own.body["name"]).toBe("TAKEN");
});

test.each([
  ["/name", { name: "" }],
  ["/accountId", { accountId: "7" }],
  ["/folderId", { folderId: "inbox" }],
  ["/folderId", { folderId: 100 }],
  ["/include/0", { include: ["/absolute"] }],
  ["/include/1", { include: ["ok", ""] }],
  ["/exclude/0", { exclude: ["!negated"] }],
  ["/include/0", { include: ["[unclosed"] }],
  ["/include", { include: Array.from({ length: 101 }, () => "*") }],
  ["/tags", { tags: Array.from({ length: 51 }, (_, index) => `tag ${index}`) }],
  ["/tags/0", { tags: ["x".repeat(101)] }],
  ["/tags/0", { tags: ["half a pair \ud800"] }],
  ["/metadata/a b", { metadata: { "a b": "blank in a key" } }],
  ["/metadata/key", { metadata: { key: "x".repeat(513) } }],
  ["/metadata/key", { metadata: { key: "nul \u0000" } }],
  ["/metadata", { metadata: Object.fromEntries([...Array(51).keys()].map((n) => [`k${n}`, ""])) }],
  ["/description", { description: "bell \u0007" }],
  ["/folder", { folder: "100" }],
])("a limit that is passed is named: %s", async (pointer, rest) => {
  const refused = await register("Faulty", rest);
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([{ pointer, detail: expect.any(String) }]);
});

test("what an edit leaves out stays, and what it gives replaces the old value whole", async () => {
  const before = await register("Edited", { tags: ["a", "b"], metadata: { one: "1" } });
  const path = `/api/sources/${String(before.body["id"])}`;
  const after = await web.patch(path, { tags: ["c"], description: "now told" });
  expect(after.status).toBe(200);
  expect(after.body).toEqual({ ...before.body, tags: ["c"], description: "now told" });
  expect((await web.patch(path, { description: null })).body["description"]).toBeNull();
  expect((await web.patch(path, {})).status).toBe(200);
});

test("an edited mask walks the folder anew", async () => {
  const { db } = web;
  const row = await aSource(db, accountId, { folderId: "100" });
  const finishedAt = new Date();
  await aWalk(db, row, { state: "done", listedFiles: 9, matched: 4, finishedAt });
  const same = await web.patch(`/api/sources/${row.id}`, { tags: ["new"] });
  expect(same.body["backfill"]).toMatchObject({ state: "done", listed: 9 });
  const edited = await web.patch(`/api/sources/${row.id}`, { include: ["*.pdf"] });
  expect(edited.body["backfill"]).toMatchObject({
    state: "queued",
    listed: 0,
    matched: 0,
    finishedAt: null,
  });
  expect(edited.body["listing"]).toMatchObject({
    kind: "backfill",
    listed: 9,
    matched: 4,
    finishedAt: finishedAt.toISOString(),
  });
});

test("a folder, an account and a slug cannot be edited", async () => {
  const path = `/api/sources/${String((await register("Fixed")).body["id"])}`;
  for (const edit of [{ folderId: "0" }, { accountId }, { slug: "other" }, { state: "paused" }])
    expect((await web.patch(path, edit)).status).toBe(400);
});

test("a source is paused and resumed, each as often as you like", async () => {
  const path = `/api/sources/${String((await register("Paused")).body["id"])}`;
  for (const _ of [1, 2])
    expect((await web.post(`${path}/pause`)).body).toMatchObject({
      state: "paused",
      backfill: { state: "waiting", reason: "The source is paused" },
    });
  for (const _ of [1, 2])
    expect((await web.post(`${path}/resume`)).body).toMatchObject({ state: "active" });
});

test("a deleted source is gone for the API, its name is free, its slug is not", async () => {
  const { body } = await register("Temporary");
  const path = `/api/sources/${String(body["id"])}`;
  expect((await web.remove(path)).status).toBe(204);
  for (const gone of [
    web.get(path),
    web.remove(path),
    web.patch(path, {}),
    web.post(`${path}/pause`),
  ])
    expect((await gone).status).toBe(404);
  expect((await register("Temporary")).body["slug"]).toBe("temporary-2");
});

test("sources are listed by name, of one account, page by page", async () => {
  const { id } = await anAccount(web.db);
  for (const name of ["zz 3", "ZZ 1", "zz 2"]) await aSource(web.db, id, { name });
  const path = `/api/sources?accountId=${id}`;
  const found = await pages<{ name: string }>(web, path, 2);
  expect(found.map((page) => page.map(({ name }) => name))).toEqual([["ZZ 1", "zz 2"], ["zz 3"]]);
  expect(items(await web.get(`/api/sources?accountId=${id.toUpperCase()}`))).toHaveLength(3);
  expect((await web.get("/api/sources?accountId=7")).body["errors"]).toMatchObject([
    { pointer: "/accountId" },
  ]);
});
