import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { folderId, versionId } from "../../../src/core/ids.ts";
import { putMetadataField } from "../../../src/db/metadata-fields.ts";
import { sources, walks } from "../../../src/db/schema.ts";
import { cloneDatabase } from "../../support/database.ts";
import { createFakeBox } from "../../support/fake-box.ts";
import { anAccount, aSource } from "../api/rows.ts";
import { openDesk } from "./desk.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let box: ReturnType<typeof createFakeBox>;
let desk: ReturnType<typeof openDesk>;
let account: Awaited<ReturnType<typeof anAccount>>;
beforeEach(async () => {
  database = await cloneDatabase();
  box = createFakeBox();
  desk = openDesk(database.db, { boxes: box.clients });
  await desk.signIn();
  account = await anAccount(database.db, { name: "Lab" });
  box.addFolder("10", "Plates");
  box.addFolder("11", "<b>2026</b>", { folderId: "10", name: "Plates" });
  for (const [index, name] of ["plate.csv", "note.txt", "big.csv"].entries())
    box.addFile(`2${index}`, name, {
      parentId: folderId("10"),
      version: {
        versionId: versionId(`3${index}`),
        sha1: "a".repeat(40),
        sizeBytes: name === "big.csv" ? 5_000_000 : 2_000,
        name,
        uploadedBy: undefined,
        createdAt: new Date(),
        contentCreatedAt: undefined,
        contentModifiedAt: undefined,
      },
    });
});
afterEach(() => database.close());

const RULES = "/sources/new/rules";
const textOf = (page: string) => page.replaceAll(/<[^>]+>/g, "");

/** Sends the form as a browser does; what is not said is as it was before anybody touched it. */
async function send(act: "preview" | "further" | "save", rest: Record<string, string> = {}) {
  const untouched = { name: "Plates", subfolders: "on", history: "current", place: "0" };
  const at = { account: account.id, folder: "10", way: "All Files / Plates", act };
  const response = await desk.post(RULES, Object.entries({ ...at, ...untouched, ...rest }));
  return {
    status: response.status,
    page: await response.text(),
    to: response.headers.get("location"),
  };
}

/** The faults that stand at a field. */
const faultsAt = (page: string, field: string) =>
  textOf(new RegExp(`id="${field}-fault">(.*?)</p>`).exec(page)?.[1] ?? "").trim();

test("It begins with an account, and goes down folder by folder to the one that is meant", async () => {
  expect(await desk.html("/sources/new")).toContain(`/sources/new/folder?account=${account.id}`);
  const top = await desk.html(`/sources/new/folder?account=${account.id}`);
  expect(top).toContain("parent=10");
  const below = await desk.html(`/sources/new/folder?account=${account.id}&parent=10`);
  expect(below).toContain("&lt;b&gt;2026&lt;/b&gt;");
  expect(textOf(below)).toContain("3 files lie beside them");
  expect(below).toContain(`href="${RULES}?account=${account.id}&amp;folder=10"`);
  const form = await desk.html(`${RULES}?account=${account.id}&folder=10`);
  expect(form).toContain(`value="Plates"`);
  expect(textOf(form)).toContain("Folder All Files / Plates of Lab");
});

test("A folder is found by its address, and what is none is told with what to do", async () => {
  const ask = (from: string) =>
    desk.get(`/sources/new/folder?account=${account.id}&from=${encodeURIComponent(from)}`);
  expect(await (await ask("https://app.box.com/folder/10")).text()).toContain("Take this folder");
  for (const [pasted, why] of [
    ["https://app.box.com/s/abc", "This is a shared link"],
    ["https://app.box.com/folder/999", "Box shows this account no folder 999"],
    [`"><script>`, "neither the address of a Box folder nor an id"],
  ] as const) {
    const refused = await ask(pasted);
    expect(refused.status).toBe(422);
    const page = await refused.text();
    expect(page).toContain(why);
    expect(page).not.toContain("<script>");
  }
});

test("Many folders are paged", async () => {
  box.listBy(2);
  const first = await desk.html(`/sources/new/folder?account=${account.id}&parent=10`);
  const next = /href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const second = await desk.html(next);
  expect(second).toContain("Take this folder");
  expect(second).not.toContain(`rel="next"`);
});

test("The rules are tried before they are saved: what matches, what does not and why, under which names", async () => {
  const { status, page } = await send("preview", {
    include: "**/*.csv\r\n",
    maxBytes: "1 MB",
    description: "a\r\nb",
  });
  expect(status).toBe(200);
  expect(textOf(page)).toContain(
    "1 file (2.0 kB) is wanted, 2 skipped: 1 that no include matches, 1 for their size",
  );
  expect(textOf(page)).toContain("This is everything that lies there now: 2 folders.");
  for (const words of ["raw/plates/plate.csv/20-30.csv", "matches no include"])
    expect(page).toContain(words);
  // What was typed stands there still.
  for (const words of ["**/*.csv", `value="1 MB"`, ">\na\nb</textarea>"])
    expect(page).toContain(words);
  expect(await database.db.select().from(sources)).toEqual([]);
});

test("A large folder is looked at in part, and further when asked", async () => {
  for (let index = 0; index < 15; index++)
    box.addFolder(`5${index}`, `day ${index}`, { folderId: "10", name: "Plates" });
  const part = (await send("preview")).page;
  expect(part).toContain("Only a part was looked at");
  expect(part).toContain(`value="further"`);
  expect((await send("further")).page).toContain("This is everything");
});

test("What is saved is a source, and its page says that it is being listed", async () => {
  const { db } = database;
  await putMetadataField(db, {
    name: "site",
    description: "Where it was measured",
    required: true,
    allowedValues: ["Basel", "Kyoto"],
  });
  const { status, to } = await send("save", {
    description: "Every night",
    include: "**/*.csv\n**/*.xlsx",
    exclude: "tmp/**",
    minBytes: "1",
    maxBytes: "1.5 GB",
    maxAgeDays: "30",
    history: "all",
    pathTemplate: "{study}/**",
    nameTemplate: "{study}/{fileId}-{versionId}{extension}",
    place: "1",
    tags: "room-7\r\nnight",
    "metadata.site": "Kyoto",
    metadata: "pipeline = plates-v3\nformula = a=b",
  });
  const [source] = await db.select().from(sources);
  expect([status, to]).toEqual([303, `/sources/${source?.id}?told=registered`]);
  expect(source).toMatchObject({
    accountId: account.id,
    name: "Plates",
    folderId: "10",
    folderName: "Plates",
    description: "Every night",
    include: ["**/*.csv", "**/*.xlsx"],
    exclude: ["tmp/**"],
    subfolders: true,
    minBytes: 1,
    maxBytes: 1_500_000_000,
    maxAgeDays: 30,
    history: "all",
    pathTemplate: "{study}/**",
    nameTemplate: "{study}/{fileId}-{versionId}{extension}",
    bucket: "archive",
    prefix: "team/a",
    tags: ["room-7", "night"],
    metadata: { site: "Kyoto", pipeline: "plates-v3", formula: "a=b" },
  });
  expect(await db.select().from(walks)).toMatchObject([{ kind: "backfill", sourceId: source?.id }]);
  expect(await desk.html(to ?? "")).toContain(
    "Registered: what lies in the folder is being listed",
  );
});

test("An unticked box and empty fields are none", async () => {
  const response = await desk.post(RULES, [
    ["account", account.id],
    ["folder", "10"],
    ["name", "Plates"],
    ["history", "current"],
    ["tags", " \r\n "],
    ["act", "save"],
  ]);
  expect(response.status).toBe(303);
  expect(await database.db.select().from(sources)).toMatchObject([
    { subfolders: false, include: [], tags: [], metadata: {}, minBytes: null, bucket: null },
  ]);
});

test("Whatever the API refuses is told at its field, and nothing typed is lost", async () => {
  await putMetadataField(database.db, {
    name: "site",
    description: null,
    required: true,
    allowedValues: null,
  });
  const { status, page } = await send("preview", {
    name: "",
    include: "fine/**\n/from the top",
    minBytes: "some",
    maxAgeDays: "1.5",
    pathTemplate: "{study",
    tags: "t".repeat(101),
    metadata: "not a key! = 1",
  });
  expect(status).toBe(400);
  expect(faultsAt(page, "include")).toBe(
    "“/from the top” begins with a slash: paths begin below the source folder.",
  );
  expect(faultsAt(page, "minBytes")).toContain("The smallest size is not a number");
  for (const field of ["name", "maxAgeDays", "pathTemplate", "tags", "metadata"])
    expect(faultsAt(page, field), field).not.toBe("");
  for (const typed of [`value="some"`, `value="{study"`, "/from the top"])
    expect(page).toContain(typed);
  // Beyond each field by itself.
  const late = (
    await send("save", { minBytes: "2 kB", maxBytes: "1 kB", nameTemplate: "{fileId}" })
  ).page;
  for (const field of ["minBytes", "nameTemplate", "metadata.site"])
    expect(faultsAt(late, field.replace(".", "\\.")), field).not.toBe("");
});

test("A name that is taken, a folder that went and a Box that is away are told, each with its hint", async () => {
  await aSource(database.db, account.id, { name: "PLATES" });
  const taken = await send("save");
  expect(taken.status).toBe(409);
  expect(faultsAt(taken.page, "name")).toBe("The name is taken.");
  const gone = await send("save", { folder: "404", name: "Other" });
  expect(gone.status).toBe(422);
  expect(gone.page).toContain("Box shows this account no folder 404");
  expect(gone.page).toContain("Check the id");
  box.failWith(new Failure("transient", "Box does not answer"));
  const away = await send("preview", { name: "Other" });
  expect([away.status, away.page.includes("Box does not answer")]).toEqual([503, true]);
  expect(await database.db.select().from(sources)).toHaveLength(1);
});

test("What names no account or no folder is not found", async () => {
  for (const path of [
    "/sources/new/folder",
    "/sources/new/folder?account=x",
    `/sources/new/folder?account=${crypto.randomUUID()}`,
    `${RULES}?account=${account.id}&folder=x`,
  ])
    expect((await desk.get(path)).status, path).toBe(404);
  expect((await send("save", { account: "nobody" })).status).toBe(404);
  expect((await send("save", { folder: "../1" })).status).toBe(404);
});
