import { afterAll, beforeAll, expect, test } from "vitest";
import { anAccount, aSource, aWalk } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

/** What a source may ask for beside its masks. */
let web: Web;
let accountId: string;
beforeAll(async () => {
  web = await openWeb();
  web.box.addFolder("100", "Inbox");
  ({ id: accountId } = await anAccount(web.db));
});
afterAll(() => web.close());

let names = 0;
const register = (rest: object = {}) =>
  web.post("/api/sources", { accountId, name: `Source ${++names}`, folderId: "100", ...rest });

const SETTINGS = {
  subfolders: false,
  minBytes: 1,
  maxBytes: 5_000_000_000_000,
  maxAgeDays: 30,
  history: "all",
  pathTemplate: "{study}/{run}/**",
  nameTemplate: "{study}/{year}/{fileId}-{versionId}{extension}",
};

test("every setting is kept and shown, and those that may be changed are", async () => {
  const registered = await register({ ...SETTINGS, bucket: "archive", prefix: "team/a" });
  expect(registered.status).toBe(201);
  expect(registered.body).toMatchObject({ ...SETTINGS, lake: "gs://archive/team/a" });
  const edit = {
    subfolders: true,
    minBytes: null,
    maxBytes: null,
    maxAgeDays: null,
    history: "current",
    pathTemplate: "{study}/**",
  };
  const edited = await web.patch(`/api/sources/${String(registered.body["id"])}`, edit);
  expect(edited.status).toBe(200);
  expect(edited.body).toMatchObject({ ...edit, nameTemplate: SETTINGS.nameTemplate });
});

test("a source that asks for nothing takes everything, under the usual name in the lake's own place", async () => {
  expect((await register()).body).toMatchObject({
    subfolders: true,
    minBytes: null,
    maxBytes: null,
    maxAgeDays: null,
    history: "current",
    pathTemplate: null,
    nameTemplate: null,
    lake: "gs://lake/landed",
    metadataFaults: [],
  });
});

test.each([
  ["/minBytes", { minBytes: -1 }],
  ["/maxBytes", { maxBytes: 1.5 }],
  ["/maxAgeDays", { maxAgeDays: 0 }],
  ["/history", { history: "some" }],
  ["/pathTemplate", { pathTemplate: "{study}/" }],
  ["/pathTemplate", { pathTemplate: "no field" }],
])("what makes no sense by itself is a 400 at %s", async (pointer, rest) => {
  const refused = await register(rest);
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([{ pointer, detail: expect.any(String) }]);
});

test.each([
  ["/minBytes", { minBytes: 6, maxBytes: 5 }, /more than maxBytes/],
  ["/nameTemplate", { nameTemplate: "{fileName}" }, /does not hold \{versionId\}/],
  ["/nameTemplate", { nameTemplate: "{versionId}{extension}" }, /two files could share/],
  ["/nameTemplate", { nameTemplate: "{study}/{fileId}/{versionId}" }, /\{study\}.*path template/],
  ["/bucket", { bucket: "elsewhere" }, /LAKE_ALLOWED/],
  ["/prefix", { bucket: "archive" }, /LAKE_ALLOWED/],
  ["/prefix", { prefix: "other" }, /LAKE_ALLOWED/],
])("what cannot be is a 422 at %s: %j", async (pointer, rest, detail) => {
  const refused = await register(rest);
  expect(refused.status).toBe(422);
  expect(refused.body["errors"]).toMatchObject([
    { pointer, detail: expect.stringMatching(detail) },
  ]);
});

test("a refused place says which there are", async () => {
  expect((await register({ bucket: "elsewhere" })).body["hint"]).toMatch(
    "gs://lake/landed, gs://archive/team/a",
  );
});

test("a renamed source keeps its slug, and with it the names of its objects", async () => {
  const { body } = await register({ name: "Before the change" });
  const renamed = await web.patch(`/api/sources/${String(body["id"])}`, { name: "After it" });
  expect(renamed.body).toMatchObject({ name: "After it", slug: "before-the-change" });
});

test("an edit that would break what the source has already is refused", async () => {
  const { body } = await register(SETTINGS);
  const path = `/api/sources/${String(body["id"])}`;
  expect((await web.patch(path, { maxBytes: 0 })).body["errors"]).toMatchObject([
    { pointer: "/minBytes" },
  ]);
  const refused = await web.patch(path, { pathTemplate: "{run}" });
  expect(refused.status).toBe(422);
  expect(refused.body["errors"]).toMatchObject([
    { pointer: "/nameTemplate", detail: expect.stringMatching(/\{study\}/) },
  ]);
});

test.each(["accountId", "folderId", "slug", "nameTemplate", "bucket", "prefix"])(
  "%s is fixed, and the refusal says so",
  async (field) => {
    const { body } = await register();
    const refused = await web.patch(`/api/sources/${String(body["id"])}`, { [field]: "1" });
    expect(refused.status).toBe(400);
    expect(refused.body["errors"]).toEqual([
      { pointer: `/${field}`, detail: expect.stringMatching(/fixed when a source is registered/) },
    ]);
  },
);

test("no source's names begin within another's, whatever its name and prefix", async () => {
  const lake = await openWeb({
    places: [
      { bucket: "lake", prefix: "" },
      { bucket: "lake", prefix: "archive/a" },
    ],
  });
  lake.box.addFolder("100");
  const account = await anAccount(lake.db);
  const asked = { accountId: account.id, folderId: "100" };
  const slug = async (rest: object) =>
    (await lake.post("/api/sources", { ...asked, ...rest })).body["slug"];
  expect(await slug({ name: "Archive" })).toBe("archive-2");
  expect(await slug({ name: "A", prefix: "archive/a" })).toBe("a");
  await aSource(lake.db, account.id, { name: "Above", slug: "archive", state: "deleted" });
  const refused = await lake.post("/api/sources", { ...asked, name: "B", prefix: "archive/a" });
  expect(refused.status).toBe(422);
  expect(refused.body["errors"]).toMatchObject([{ pointer: "/prefix" }]);
  await lake.close();
});

test("a backfill is asked for, and one that is under way is told", async () => {
  const source = await aSource(web.db, accountId);
  const done = await aWalk(web.db, source, { state: "done" });
  const path = `/api/sources/${source.id}/backfills`;
  const asked = await web.post(path);
  expect(asked.status).toBe(202);
  expect(asked.body).toEqual({ walkId: expect.stringMatching(/^\d+$/), begun: true });
  expect(asked.body["walkId"]).not.toBe(String(done.id));
  expect((await web.post(path)).body).toEqual({ ...asked.body, begun: false });
  expect((await web.post(`/api/sources/${crypto.randomUUID()}/backfills`)).status).toBe(404);
});
