import { afterEach, beforeEach, expect, test } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { folderId, versionId } from "../../../src/core/ids.ts";
import { findAccountSummary } from "../../../src/db/account-list.ts";
import { accounts } from "../../../src/db/schema.ts";
import { cloneDatabase } from "../../support/database.ts";
import { createFakeBox } from "../../support/fake-box.ts";
import { anAccount } from "../api/rows.ts";
import { openDesk } from "./desk.ts";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let box: ReturnType<typeof createFakeBox>;
let desk: ReturnType<typeof openDesk>;
beforeEach(async () => {
  database = await cloneDatabase();
  box = createFakeBox();
  box.addFolder("10", "<Plates>");
  const version = {
    versionId: versionId("30"),
    sha1: "a".repeat(40),
    sizeBytes: 7,
    name: "plate.csv",
    uploadedBy: undefined,
    createdAt: new Date(),
    contentCreatedAt: undefined,
    contentModifiedAt: undefined,
  };
  box.addFile("20", "plate.csv", { parentId: folderId("10"), version });
  desk = openDesk(database.db, { boxes: box.clients });
  await desk.signIn();
});
afterEach(() => database.close());

const textOf = (page: string) => page.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
async function send(path: string, fields: Record<string, string> = {}) {
  const response = await desk.post(path, Object.entries(fields));
  return { status: response.status, page: await response.text() };
}

const CCG = { kind: "ccg", clientId: "the client", clientSecret: "canary-91c4" };
const ENTERPRISE = { ...CCG, subject: "enterprise", subjectId: "500" };

test("An account is tested by a button wherever it stands, and each line says what was found or how to mend it", async () => {
  const { id } = await anAccount(database.db, { name: "<Lab>" });
  for (const path of ["/", "/accounts"])
    expect(await desk.html(path)).toContain(`action="/accounts/${id}/test"`);
  const { status, page } = await send(`/accounts/${id}/test`);
  expect(status).toBe(200);
  expect(page).toContain("&lt;Lab&gt;");
  const said = textOf(page);
  for (const words of [
    "Everything that is needed is there.",
    "credentials passed Box accepts them as lab@example.com",
    "public address lacking Longshore has no public https address",
    "Set PUBLIC_URL",
    "Not needed: without it changes are noticed later, and none is missed.",
  ])
    expect(said).toContain(words);
  expect(said).not.toContain("download");
});

test("With a folder, by its id or address, the test says whether it is seen and its files can be downloaded", async () => {
  const { id } = await anAccount(database.db);
  expect(await desk.html(`/accounts/${id}/test`)).toContain(`name="folder"`);
  for (const folder of ["10", " https://app.box.com/folder/10 "]) {
    const said = textOf((await send(`/accounts/${id}/test`, { folder })).page);
    expect(said).toContain("folder passed All Files / &lt;Plates&gt;");
    expect(said).toContain("download passed A file of the folder can be downloaded");
  }
  const away = await send(`/accounts/${id}/test`, { folder: "77" });
  expect(textOf(away.page)).toMatch(
    /Something needed is lacking\. .* folder failed Box shows this account no folder 77\. Invite/,
  );
  const odd = await send(`/accounts/${id}/test`, { folder: "plates" });
  expect(odd.status).toBe(422);
  expect(textOf(odd.page)).toContain("neither the address of a Box folder nor an id");
});

test("Credentials that Box refuses are told with the fix, and the account waits", async () => {
  const { db } = database;
  const { id } = await anAccount(db);
  const hint = "Authorise the application.";
  box.failWith(new Failure("unauthorized", "Box answered 401", { hint, requestId: "req-7" }));
  const { status, page } = await send(`/accounts/${id}/test`);
  expect(status).toBe(422);
  expect(textOf(page)).toContain(`credentials failed Box answered 401. ${hint}`);
  expect(page).toContain("<code>req-7</code>");
  expect(await findAccountSummary(db, id)).toMatchObject({ state: "needs_relogin" });
  box.failWith(new Failure("transient", "Box did not answer"));
  const away = await send(`/accounts/${id}/test`);
  expect(away.status).toBe(503);
  expect(textOf(away.page)).toContain("Box did not answer");
});

test("Credentials of each kind are tested before an account is linked, and none is kept or shown again", async () => {
  expect(await desk.html("/accounts/link")).not.toContain("canary");
  const form = await desk.html("/accounts/test");
  for (const kind of ["developerToken", "ccg", "jwt"]) expect(form).toContain(`value="${kind}"`);
  for (const fields of [ENTERPRISE, { kind: "developerToken", token: "canary-91c4" }]) {
    const { status, page } = await send("/accounts/test", { ...fields, folder: "10" });
    expect(status).toBe(200);
    expect(textOf(page)).toContain("download passed");
    expect(page).not.toContain("canary-91c4");
  }
  expect(await database.db.select().from(accounts)).toEqual([]);
});

test("What is left out or no file of Box's is named, without quoting it", async () => {
  const half = await send("/accounts/test", { ...CCG, subject: "enterprise", subjectId: "x" });
  expect(half.status).toBe(400);
  expect(textOf(half.page)).toContain("subjectId is not a Box id");
  const file = await send("/accounts/test", { kind: "jwt", config: "{canary-91c4" });
  expect(file.status).toBe(400);
  expect(textOf(file.page)).toContain("The file is not JSON. Paste it whole");
  const bare = await send("/accounts/test", { kind: "jwt", config: "{}" });
  expect(textOf(bare.page)).toContain("config/boxAppSettings");
  for (const { page } of [half, file, bare]) expect(page).not.toContain("canary-91c4");
});

test("What is no account has no test", async () => {
  for (const path of [`/accounts/${crypto.randomUUID()}/test`, "/accounts/x/test"]) {
    expect((await desk.get(path)).status).toBe(404);
    expect((await send(path)).status).toBe(404);
  }
});
