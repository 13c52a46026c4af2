import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { anAccount } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
let folders: string;
beforeAll(async () => {
  web = await openWeb();
  web.box.addFolder("100");
  web.box.addFolder("101", "Plates", { folderId: "100", name: "Inbox" });
  web.box.addFolder("102", "Archive");
  web.box.addFile("200");
  const { id } = await anAccount(web.db, { boxLogin: "lab@example.com" });
  folders = `/api/accounts/${id}/folders`;
});
afterAll(() => web.close());
afterEach(() => {
  web.box.failWith(undefined);
  web.box.refuse("folderItems", undefined);
  web.box.listBy(1000);
});

const ROOT = { folderId: "0", name: "All Files" };
const INBOX = { folderId: "100", name: "Inbox" };
const PLATES = { folderId: "101", name: "Plates" };
const resolve = (from: string) => web.get(`${folders}/resolve?from=${encodeURIComponent(from)}`);

test("the root folder is listed unless another is asked for, and its files are counted", async () => {
  const { status, body } = await web.get(folders);
  expect(status).toBe(200);
  expect(body).toEqual({
    path: [ROOT],
    items: [INBOX, { folderId: "102", name: "Archive" }],
    files: 1,
    nextCursor: null,
  });
});

test("a folder is listed with the way down to it, also when nothing is in it", async () => {
  expect((await web.get(`${folders}?parent=100`)).body).toMatchObject({
    path: [ROOT, INBOX],
    items: [PLATES],
  });
  expect((await web.get(`${folders}?parent=102`)).body).toMatchObject({ items: [], files: 0 });
});

test("pages follow one another, each folder once, and only the first tells the way down", async () => {
  web.box.listBy(1);
  const first = await web.get(folders);
  expect(first.body).toMatchObject({ path: [ROOT], items: [INBOX] });
  const second = await web.get(`${folders}?cursor=${String(first.body["nextCursor"])}`);
  expect(second.body).toMatchObject({ path: null, items: [{ folderId: "102" }] });
  const last = await web.get(`${folders}?cursor=${String(second.body["nextCursor"])}`);
  expect(last.body).toEqual({ path: null, items: [], files: 1, nextCursor: null });
});

test.each(["100", "https://app.box.com/folder/100", "https://ent.app.box.com/folder/100?s=1"])(
  "%s is resolved to the folder and the way down to it",
  async (from) => {
    const { status, body } = await resolve(from);
    expect(status).toBe(200);
    expect(body).toEqual({ ...INBOX, path: [ROOT, INBOX] });
  },
);

test.each([
  ["404", "no folder 404", "invite lab@example.com"],
  ["200", "is a file", "the folder that it lies in"],
  ["https://app.box.com/s/abc", "shared link", "Open it in Box"],
  ["Inbox", "neither", "paste its address"],
])("%s cannot be chosen, and what to do is said", async (from, detail, hint) => {
  const refused = await resolve(from);
  expect(refused.status).toBe(422);
  expect(refused.body["detail"]).toMatch(detail);
  expect(refused.body["hint"]).toMatch(hint);
});

test("a folder that Box does not show cannot be listed either", async () => {
  const refused = await web.get(`${folders}?parent=404`);
  expect(refused.status).toBe(422);
  expect(refused.body["hint"]).toMatch("invite lab@example.com");
});

test("a cursor that Box does not know is a 422 that names it, trouble with Box a 503", async () => {
  web.box.refuse("folderItems", new Failure("invalid", "Box answered 400"));
  const refused = await web.get(`${folders}?cursor=old`);
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({
    errors: [{ pointer: "/cursor" }],
    hint: "Begin again without a cursor.",
  });
  web.box.failWith(new Failure("transient", "Box does not answer"));
  expect((await web.get(folders)).status).toBe(503);
  expect((await resolve("100")).status).toBe(503);
});

test("no such account is a 404, and a wrong parent a 400", async () => {
  const nobody = crypto.randomUUID();
  expect((await web.get(`/api/accounts/${nobody}/folders`)).status).toBe(404);
  expect((await web.get(`/api/accounts/${nobody}/folders/resolve?from=0`)).status).toBe(404);
  expect((await web.get(`${folders}?parent=inbox`)).status).toBe(400);
});
