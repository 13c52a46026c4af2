import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { anAccount, aSource } from "./rows.ts";
import { items, openWeb, type Web } from "./web.ts";

let web: Web;
let accountId: string;
beforeAll(async () => {
  web = await openWeb();
  web.box.addFolder("100", "Inbox");
  ({ id: accountId } = await anAccount(web.db));
});
afterAll(() => web.close());
afterEach(async () => {
  for (const { name } of items<{ name: string }>(await web.get("/api/metadata-fields")))
    await web.remove(`/api/metadata-fields/${name}`);
});

const put = (name: string, field: object) => web.call("PUT", `/api/metadata-fields/${name}`, field);
const register = (name: string, rest: object) =>
  web.post("/api/sources", { accountId, name, folderId: "100", ...rest });

const SITE = {
  description: "Where it was measured",
  required: true,
  allowedValues: ["Basel", "Bonn"],
};

test("a field is put, listed by name, replaced whole and deleted", async () => {
  expect((await put("site", SITE)).body).toMatchObject({ name: "site", ...SITE });
  expect((await put("Method", {})).body).toMatchObject({ required: false, allowedValues: null });
  const listed = async () =>
    items<{ name: string; description: string | null }>(await web.get("/api/metadata-fields"));
  expect((await listed()).map(({ name }) => name)).toEqual(["Method", "site"]);
  await put("site", { required: true });
  expect((await listed())[1]).toMatchObject({
    description: null,
    required: true,
    allowedValues: null,
  });
  expect((await web.remove("/api/metadata-fields/site")).status).toBe(204);
  expect((await web.remove("/api/metadata-fields/site")).status).toBe(404);
});

test.each([
  ["a b", {}, "/name"],
  ["site", { allowedValues: [] }, "/allowedValues"],
  ["site", { allowedValues: ["a", "a"] }, "/allowedValues"],
  ["site", { allowedValues: [""] }, "/allowedValues/0"],
  ["site", { required: "yes" }, "/required"],
  ["site", { other: 1 }, "/other"],
])("a field that makes no sense is a 400: %s %j", async (name, field, pointer) => {
  const refused = await put(encodeURIComponent(name), field);
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([{ pointer }]);
});

test.each(["a%20b", "%00"])("what is no name cannot be deleted: %s", async (name) => {
  const refused = await web.remove(`/api/metadata-fields/${name}`);
  expect(refused.status).toBe(400);
  expect(refused.body["errors"]).toMatchObject([{ pointer: "/name" }]);
});

test("a source without a required field, or with a value that is not allowed, is refused at its place", async () => {
  await put("site", SITE);
  await put("constructor", { required: true });
  for (const metadata of [{}, { site: "Rome" }, { site: "" }]) {
    const refused = await register("Refused", { metadata });
    expect(refused.status).toBe(422);
    expect(refused.body["errors"]).toEqual([
      { pointer: "/metadata/constructor", detail: "is required" },
      { pointer: "/metadata/site", detail: expect.stringMatching(/: one of Basel, Bonn$/) },
    ]);
    expect(refused.body["hint"]).toMatch("/api/metadata-fields");
  }
  const metadata = { site: "Bonn", constructor: "x" };
  expect((await register("Complies", { metadata })).status).toBe(201);
});

test("a field that the path template reads need not be said", async () => {
  await put("site", SITE);
  expect((await register("Reads it", { pathTemplate: "{site}/**" })).status).toBe(201);
  const wrong = { pathTemplate: "{site}/**", metadata: { site: "Rome" } };
  expect((await register("Says it wrongly", wrong)).status).toBe(422);
});

test("sources that comply no longer say so, go on working, and comply after their next edit", async () => {
  const source = await aSource(web.db, accountId, { metadata: { site: "Rome" } });
  const path = `/api/sources/${source.id}`;
  await put("site", SITE);
  const shown = await web.get(path);
  expect(shown.body["metadataFaults"]).toEqual([
    { field: "site", detail: expect.stringMatching(/not an allowed value/) },
  ]);
  for (const act of ["pause", "resume", "backfills"])
    expect((await web.post(`${path}/${act}`)).status).toBeLessThan(300);
  const listed = items(await web.get(`/api/sources?accountId=${accountId}`));
  expect(listed.find(({ id }) => id === source.id)).toMatchObject({
    metadataFaults: [{ field: "site" }],
  });
  expect((await web.patch(path, { tags: ["a"] })).status).toBe(422);
  const edited = await web.patch(path, { tags: ["a"], metadata: { site: "Basel" } });
  expect(edited.body).toMatchObject({ tags: ["a"], metadataFaults: [] });
});
