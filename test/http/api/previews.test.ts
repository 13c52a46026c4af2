import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { folderId, versionId } from "../../../src/core/ids.ts";
import { rows } from "../../../src/db/open.ts";
import { anAccount, anObject, aSource } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

interface Item {
  path: string;
  verdict: string;
  why?: string;
  name?: string;
  pathFields: object;
  misfit?: string;
  state: string | null;
}

let web: Web;
let accountId: string;
beforeAll(async () => {
  web = await openWeb();
  ({ id: accountId } = await anAccount(web.db));
  const { box } = web;
  box.addFolder("100", "Inbox");
  box.addFolder("110", "S1", { folderId: "100", name: "Inbox" });
  box.addFolder("120", "S2", { folderId: "100", name: "Inbox" });
  box.addFolder("111", "raw", { folderId: "110", name: "S1" });
  addFile("1", "a.csv", "100", 10);
  addFile("2", "b.tmp", "100", 20);
  addFile("3", "c.csv", "110", 30);
  addFile("4", "big.csv", "111", 4000);
  addFile("5", "draft.csv", "111", 50);
  addFile("6", "old.csv", "120", 60, new Date("2020-01-01T00:00:00Z"));
  box.addFile("7", "odd.csv", { parentId: folderId("100"), version: undefined });
});
beforeEach(() => web.box.listBy(1000));
afterAll(() => web.close());

function addFile(
  id: string,
  name: string,
  parent: string,
  sizeBytes: number,
  createdAt = new Date(),
) {
  const sha1 = "b".repeat(40);
  const none = { uploadedBy: undefined, contentCreatedAt: undefined, contentModifiedAt: undefined };
  const version = { versionId: versionId(`${id}00`), sha1, sizeBytes, name, createdAt, ...none };
  web.box.addFile(id, name, { parentId: folderId(parent), version });
}

const RULES = {
  include: ["**/*.csv"],
  exclude: ["**/x.*", "**/draft.*"],
  maxBytes: 1000,
  maxAgeDays: 365,
  pathTemplate: "{study}/**",
};

const preview = (rest: object) => web.post("/api/sources/preview", rest);
const drafted = (rest: object = {}) =>
  preview({ accountId, folderId: "100", name: "Plates", ...rest });
const told = (body: Record<string, unknown>) =>
  Object.fromEntries((body["items"] as Item[]).map((item) => [item.path, item]));

/** Everything that is written anywhere, counted. */
const written = async () =>
  rows(
    web.db,
    sql`select (select count(*) from sources) as sources, (select count(*) from files) as files,
      (select count(*) from versions) as versions, (select count(*) from objects) as objects,
      (select count(*) from folders) as folders, (select count(*) from walks) as walks,
      (select count(*) from graphile_worker._private_jobs) as jobs`,
  );

test("a new source is tried: what it would want, by which rule it would not, and under which names", async () => {
  const before = await written();
  const { status, body } = await drafted(RULES);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    complete: true,
    nextCursor: null,
    boxCalls: 5,
    foldersListed: 4,
    foldersLeftOut: 0,
    wanted: { files: 2, bytes: 40 },
    newlyOwed: { files: 2, bytes: 40 },
    misfits: 1,
    skipped: {
      include: { files: 1, bytes: 20 },
      exclude: { files: 1, bytes: 50 },
      size: { files: 1, bytes: 4000 },
      age: { files: 1, bytes: 60 },
    },
    incomplete: { files: 1, bytes: 0 },
  });
  expect(body).not.toHaveProperty("edit");
  expect(told(body)).toMatchObject({
    "a.csv": {
      verdict: "wanted",
      name: "landed/plates/a.csv/1-100.csv",
      misfit: expect.stringMatching(/lies 0 deep/),
      state: null,
    },
    "S1/c.csv": { verdict: "wanted", pathFields: { study: "S1" } },
    "b.tmp": { verdict: "include", why: "matches no include" },
    "S1/raw/draft.csv": { verdict: "exclude", why: "matches the exclude **/draft.*" },
    "S1/raw/big.csv": { verdict: "size", why: "has 4000 bytes, more than 1000" },
    "S2/old.csv": { verdict: "age", why: expect.stringMatching(/2020-01-01.*more than 365 days/) },
    "odd.csv": { verdict: "incomplete" },
  });
  expect(await written()).toEqual(before);
});

test("the names are those that it would have, where its slug is taken by a source that was deleted", async () => {
  await aSource(web.db, accountId, { name: "Spent", slug: "spent", state: "deleted" });
  const { body } = await drafted({ name: "Spent", include: ["a.csv"] });
  expect(told(body)["a.csv"]?.name).toBe("landed/spent-2/a.csv/1-100.csv");
});

test("names follow the name template and the prefix", async () => {
  const { body } = await drafted({
    bucket: "archive",
    prefix: "team/a",
    pathTemplate: "{study}/**",
    nameTemplate: "study={study}/{fileId}-{versionId}",
  });
  expect(told(body)["S1/c.csv"]).toMatchObject({ name: "team/a/plates/study=S1/3-300" });
});

test("a preview stops after so many calls, says so, and loses nothing where it goes on", async () => {
  web.box.listBy(1);
  const files: string[] = [];
  let sum = 0;
  let cursor: unknown;
  let turns = 0;
  do {
    const { status, body } = await drafted({ ...RULES, calls: 2, ...(cursor ? { cursor } : {}) });
    expect(status).toBe(200);
    expect(body["boxCalls"]).toBeLessThanOrEqual(2);
    files.push(...(body["items"] as Item[]).map(({ path }) => path));
    sum += (body["wanted"] as { bytes: number }).bytes;
    expect(body["complete"]).toBe(body["nextCursor"] === null);
    cursor = body["nextCursor"];
    turns++;
  } while (cursor !== null);
  expect(turns).toBeGreaterThan(3);
  expect(sum).toBe(40);
  expect(files.sort()).toEqual([
    "S1/c.csv",
    "S1/raw/big.csv",
    "S1/raw/draft.csv",
    "S2/old.csv",
    "a.csv",
    "b.tmp",
    "odd.csv",
  ]);
});

test("without subfolders they are not entered, and counted", async () => {
  const { body } = await drafted({ subfolders: false });
  expect(body).toMatchObject({
    complete: true,
    boxCalls: 2,
    foldersPassed: 2,
    wanted: { files: 2 },
  });
});

test("only so many files of each verdict are told, and all are counted", async () => {
  const { body } = await drafted({ items: 1 });
  expect(body["wanted"]).toMatchObject({ files: 6 });
  expect(Object.keys(told(body))).toHaveLength(2);
});

test("an edit of a saved source says what it would do, and does nothing", async () => {
  const source = await aSource(web.db, accountId, { slug: "saved", include: ["**/*.csv"] });
  const of = (fileId: string, path: string, state: "pending" | "withdrawn" | "stored") =>
    anObject(web.db, source.id, { fileId, versionId: `${fileId}00`, path, state, sizeBytes: 10 });
  await of("1", "a.csv", "pending");
  await of("2", "b.tmp", "withdrawn");
  await of("3", "S1/c.csv", "stored");
  const before = await written();
  const { status, body } = await preview({
    sourceId: source.id,
    include: ["*.tmp", "S*/*"],
    exclude: [],
    pathTemplate: "{study}/**",
  });
  expect(status).toBe(200);
  expect(body["edit"]).toEqual({
    withdrawn: { objects: 1, bytes: 10 },
    owedAgain: { objects: 1, bytes: 10 },
    reread: 2,
    storedUntouched: 1,
    backfills: expect.any(String),
  });
  expect(body).toMatchObject({ wanted: { files: 3 }, newlyOwed: { files: 1, bytes: 60 } });
  expect(told(body)).toMatchObject({
    "a.csv": { verdict: "include", state: "pending" },
    "b.tmp": { verdict: "wanted", state: "withdrawn" },
    "S1/c.csv": { verdict: "wanted", state: "stored" },
    "S2/old.csv": { verdict: "wanted", name: "landed/saved/S2/old.csv/6-600.csv" },
  });
  expect(await written()).toEqual(before);
  const same = await preview({ sourceId: source.id, tags: ["new"] });
  expect(same.body["edit"]).toEqual({
    withdrawn: { objects: 0, bytes: 0 },
    owedAgain: { objects: 0, bytes: 0 },
    reread: 0,
    storedUntouched: 1,
  });
});

test.each([
  ["/accountId", { accountId: undefined }, 400],
  ["/folderId", { folderId: undefined }, 400],
  ["/include/0", { include: ["/a"] }, 400],
  ["/calls", { calls: 0 }, 400],
  ["/cursor", { cursor: "nonsense" }, 400],
  ["/nameTemplate", { nameTemplate: "{fileName}" }, 422],
  ["/bucket", { bucket: "elsewhere" }, 422],
  ["/accountId", { accountId: crypto.randomUUID() }, 422],
])("what a registration would refuse is refused at %s: %j", async (pointer, rest, status) => {
  const refused = await drafted(rest);
  expect(refused.status).toBe(status);
  expect(refused.body["errors"]).toMatchObject([{ pointer }]);
});

test("what is fixed in a saved source is refused, and a source that is none is a 404", async () => {
  const { id } = await aSource(web.db, accountId);
  const refused = await preview({ sourceId: id, folderId: "100", nameTemplate: "{fileId}" });
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([
    { pointer: "/folderId" },
    { pointer: "/nameTemplate" },
  ]);
  expect((await preview({ sourceId: crypto.randomUUID() })).status).toBe(404);
});

test("a cursor of another folder, or one that Box forgot, says to begin again", async () => {
  web.box.listBy(1);
  const { body } = await drafted({ calls: 2 });
  const cursor = body["nextCursor"];
  web.box.addFolder("200");
  const other = await drafted({ folderId: "200", cursor });
  expect(other.status).toBe(400);
  expect(other.body["errors"]).toMatchObject([{ pointer: "/cursor" }]);
  web.box.refuse("folderItems", new Failure("invalid", "Box forgot the marker"));
  const forgotten = await drafted({ cursor });
  web.box.refuse("folderItems", undefined);
  expect(forgotten.status).toBe(422);
  expect(forgotten.body).toMatchObject({
    errors: [{ pointer: "/cursor" }],
    hint: expect.stringMatching(/Begin again/),
  });
});

test("a folder that Box does not show is a 422 with a hint", async () => {
  const refused = await drafted({ folderId: "404" });
  expect(refused.status).toBe(422);
  expect(refused.body["hint"]).toMatch("invite");
});
