import { afterEach, beforeEach, expect, test } from "vitest";
import { folderId, versionId } from "../../../src/core/ids.ts";
import { putMetadataField } from "../../../src/db/metadata-fields.ts";
import { objects, sources, walks } from "../../../src/db/schema.ts";
import { cloneDatabase } from "../../support/database.ts";
import { createFakeBox } from "../../support/fake-box.ts";
import { anAccount, anObject, aSource, aWalk } from "../api/rows.ts";
import { openDesk } from "./desk.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let desk: ReturnType<typeof openDesk>;
let source: Awaited<ReturnType<typeof aSource>>;
let path: string;
beforeEach(async () => {
  database = await cloneDatabase();
  const box = createFakeBox();
  box.addFolder("10", "Plates");
  box.addFile("20", "plate.csv", {
    parentId: folderId("10"),
    version: {
      versionId: versionId("30"),
      sha1: "a".repeat(40),
      sizeBytes: 2_000,
      name: "plate.csv",
      uploadedBy: undefined,
      createdAt: new Date(),
      contentCreatedAt: undefined,
      contentModifiedAt: undefined,
    },
  });
  desk = openDesk(database.db, { boxes: box.clients });
  await desk.signIn();
  const account = await anAccount(database.db);
  source = await aSource(database.db, account.id, {
    name: "Plates",
    folderId: "10",
    include: ["**/*.csv", "**/*.xlsx"],
    minBytes: 1_234_567,
    tags: ["one, two", "three"],
    metadata: { site: "Basel", lines: "first\nsecond", note: "x = y" },
  });
  path = `/sources/${source.id}/edit`;
});
afterEach(() => database.close());

const textOf = (page: string) => page.replaceAll(/<[^>]+>/g, "");

/** What a browser would send of the form that it was shown. */
async function shown(): Promise<Record<string, string>> {
  const page = await desk.html(path);
  const unescape = (text = "") =>
    text.replaceAll("&lt;", "<").replaceAll("&quot;", `"`).replaceAll("&amp;", "&");
  const of = (tag: string, name: string) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
  const lines = [...page.matchAll(/<input[^>]* type="text"[^>]*>/g)].map(([tag]) => [
    of(tag, "name"),
    of(tag, "value"),
  ]);
  const areas = [...page.matchAll(/(<textarea[^>]*>)\n([^<]*)<\/textarea>/g)].map(
    ([, tag = "", value]) => [of(tag, "name"), value],
  );
  const sent = [...lines, ...areas].map(([name = "", value]) => [name, unescape(value)]);
  const ticked = /name="subfolders" checked/.test(page) ? [["subfolders", "on"]] : [];
  const history = /value="(\w+)" checked/.exec(page)?.[1] ?? "";
  return Object.fromEntries([...sent, ...ticked, ["history", history]]);
}

const send = async (act: string, fields: Record<string, string>) => {
  const response = await desk.post(path, Object.entries({ ...fields, act }));
  return {
    status: response.status,
    page: await response.text(),
    to: response.headers.get("location"),
  };
};

const row = async () => (await database.db.select().from(sources))[0];

test("What is saved as it was shown changes nothing, to the letter", async () => {
  const before = await row();
  const fields = await shown();
  expect(fields).toMatchObject({ name: "Plates", minBytes: "1234567", subfolders: "on" });
  expect(await send("save", fields)).toMatchObject({
    status: 303,
    to: `/sources/${source.id}?told=edited`,
  });
  expect(await row()).toEqual(before);
  expect(await database.db.select().from(walks)).toEqual([]);
});

test("What is changed is saved, and what is emptied is taken away", async () => {
  const fields = await shown();
  await send("save", {
    ...fields,
    name: "Plates of room 7",
    include: "**/*.csv",
    minBytes: "",
    maxBytes: "2 GB",
    history: "all",
    tags: "one, two",
  });
  expect(await row()).toMatchObject({
    name: "Plates of room 7",
    include: ["**/*.csv"],
    minBytes: null,
    maxBytes: 2_000_000_000,
    history: "all",
    tags: ["one, two"],
    metadata: source.metadata,
    folderId: "10",
    slug: source.slug,
  });
  expect(await database.db.select().from(walks)).toMatchObject([
    { kind: "backfill", state: "due" },
  ]);
});

test("An edit is tried first: it says what would be withdrawn and what stays, and writes nothing", async () => {
  const { db } = database;
  await aWalk(db, source, { state: "done" });
  await anObject(db, source.id, { state: "stored", name: "raw/1", path: "old.csv" });
  await anObject(db, source.id, {
    state: "pending",
    name: "raw/2",
    path: "new.csv",
    sizeBytes: 4_000,
  });
  const { status, page } = await send("preview", {
    ...(await shown()),
    minBytes: "",
    include: "plate.*",
  });
  expect(status).toBe(200);
  const told = textOf(page);
  for (const words of [
    "1 file (2.0 kB) is wanted",
    "1 of these the source has no object of yet",
    "1 version (4.0 kB) that is owed now would be withdrawn",
    "1 stored version stays as it is",
    "would be backfilled anew: what the source asks for was changed",
  ])
    expect(told).toContain(words);
  expect((await row())?.include).toEqual(source.include);
  const states = (await db.select().from(objects)).map(({ state }) => state);
  expect(states.toSorted()).toEqual(["pending", "stored"]);
});

test("What is refused is told at its field, what the organisation asks for among it", async () => {
  await putMetadataField(database.db, {
    name: "site",
    description: null,
    required: true,
    allowedValues: ["Kyoto"],
  });
  await aSource(database.db, source.accountId, { name: "Taken" });
  const fields = await shown();
  const refused = await send("save", { ...fields, name: "", exclude: "/x" });
  expect(refused.status).toBe(400);
  for (const field of ["name", "exclude"]) expect(refused.page).toContain(`id="${field}-fault"`);
  const late = await send("save", { ...fields, description: "x" });
  expect([late.status, late.page.includes(`id="metadata.site-fault"`)]).toEqual([422, true]);
  const taken = await send("save", { ...fields, name: "taken", "metadata.site": "Kyoto" });
  expect(taken.status).toBe(409);
  expect(taken.page).toContain("The name is taken");
  expect(await row()).toMatchObject({ name: "Plates" });
});

test("A source that is not there cannot be edited", async () => {
  for (const id of [crypto.randomUUID(), "x"]) {
    expect((await desk.get(`/sources/${id}/edit`)).status).toBe(404);
    expect((await desk.post(`/sources/${id}/edit`, [["name", "x"]])).status).toBe(404);
  }
});
