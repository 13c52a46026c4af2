import { expect, test } from "vitest";
import { webhooks } from "../../../src/db/schema.ts";
import { anAccount, anIncident, anObject, aSource, aWalk } from "../api/rows.ts";
import { deskForEach, ORIGIN } from "./desk.ts";

const at = deskForEach();

test("On the first day it says how to link an account", async () => {
  const page = await at.desk.html("/");
  expect(page).toContain("No Box account is linked yet");
  expect(page).toContain(`curl ${ORIGIN}/api/accounts`);
});

test("An account without a source leads to its folders", async () => {
  const account = await anAccount(at.db, { name: "Lab" });
  const page = await at.desk.html("/");
  expect(page).toContain("No source yet");
  expect(page).toContain(`href="/sources/new/folder?account=${account.id}"`);
});

test("Each account shows its own sources with how far the lake is", async () => {
  const { db } = at;
  const lab = await anAccount(db, { name: "Lab" });
  const other = await anAccount(db, { name: "Other" });
  const source = await aSource(db, lab.id, { name: "Plates", folderName: "Exports" });
  await aSource(db, other.id, { name: "Papers" });
  await aWalk(db, source, {
    started: true,
    listedFiles: 12_480,
    matched: 10_214,
    listedFolders: 1,
  });
  await db
    .insert(webhooks)
    .values({ accountId: lab.id, folderId: source.folderId, state: "registered" });
  for (const state of ["stored", "stored", "pending", "waiting", "given_up"] as const)
    await anObject(db, source.id, { state, sizeBytes: 1_500_000, failedAt: new Date() });
  const page = await at.desk.html("/");
  const sections = page.split("<section").slice(1);
  expect(sections.map((section) => /class="name">(\w+)</.exec(section)?.[1])).toEqual([
    "Lab",
    "Other",
  ]);
  const [own = ""] = sections;
  expect(own).toContain("Exports");
  expect(own).toContain("<b>12,480</b> listed in 1 folder, <b>10,214</b> matched");
  expect(own).toContain("<b>2</b> stored, 3.0 MB");
  for (const words of ["<b>1</b> pending", "<b>1</b> waiting", "<b>1</b> given up", ">registered<"])
    expect(own).toContain(words);
  expect(own).not.toContain("Papers");
  expect(page).toContain("1 failure needs a look");
});

test("A source that can only be polled says why and what to do", async () => {
  const { db } = at;
  const account = await anAccount(db);
  const source = await aSource(db, account.id, { folderId: "0" });
  await db.insert(webhooks).values({
    accountId: account.id,
    folderId: source.folderId,
    state: "polled",
    reason: "Box allows no webhook on the root folder",
    hint: "Register its first-level folders.",
  });
  const page = await at.desk.html("/");
  expect(page).toContain(">polled<");
  expect(page).toContain("Box allows no webhook on the root folder.");
  expect(page).toContain("Register its first-level folders.");
});

test("An account that Box refuses says what to do about it", async () => {
  const account = await anAccount(at.db, {
    state: "needs_relogin",
    reason: "Box refuses the client secret",
  });
  const page = await at.desk.html("/");
  expect(page).toContain("needs relogin");
  expect(page).toContain("Box refuses the client secret.");
  expect(page).toContain(`POST /api/accounts/${account.id}/test`);
  expect(page).toContain(`PUT /api/accounts/${account.id}/credentials`);
  expect(page).not.toContain("Grant access again");
});

test("An account is paused and resumed by a button, and says why it stands so and since when", async () => {
  const account = await anAccount(at.db);
  expect(await at.desk.html("/")).toContain(`action="/accounts/${account.id}/pause"`);
  const pressed = await at.desk.post(`/accounts/${account.id}/pause`, []);
  expect([pressed.status, pressed.headers.get("location")]).toEqual([303, "/"]);
  const page = await at.desk.html("/");
  for (const words of ['state wary">paused<', "Paused by an operator.", "began <time"])
    expect(page).toContain(words);
  expect(page).toContain(`action="/accounts/${account.id}/resume"`);
  await at.desk.post(`/accounts/${account.id}/resume`, []);
  expect(await at.desk.html("/")).not.toContain("Paused by an operator.");
  for (const id of [crypto.randomUUID(), "nobody"])
    expect((await at.desk.post(`/accounts/${id}/pause`, [])).status).toBe(404);
});

test("It looks often while something is on its way, and seldom otherwise", async () => {
  const { db } = at;
  const account = await anAccount(db);
  const source = await aSource(db, account.id);
  await aWalk(db, source, { state: "done" });
  expect(await at.desk.html("/")).toContain(`hx-trigger="every 15s"`);
  await anObject(db, source.id);
  expect(await at.desk.html("/")).toContain(`hx-trigger="every 2s"`);
});

test("Deleted accounts and sources are gone from it", async () => {
  const { db } = at;
  const account = await anAccount(db);
  await aSource(db, account.id, { name: "left behind", state: "deleted" });
  await anAccount(db, { name: "long gone", state: "deleted" });
  const page = await at.desk.html("/");
  expect(page).not.toContain("left behind");
  expect(page).not.toContain("long gone");
});

test("What wants a person stands at the top, the last first, with what to do; what is closed does not", async () => {
  const { db } = at;
  const lab = await anAccount(db, { name: "Lab" });
  const source = await aSource(db, lab.id, { name: "Plates" });
  await anIncident(db, { message: "Long ago.", closedAt: new Date() });
  expect(await at.desk.html("/")).not.toContain("Long ago.");
  for (let n = 1; n <= 5; n++) await anIncident(db, { accountId: lab.id });
  await anIncident(db, {
    kind: "given_up",
    sourceId: source.id,
    message: "2 versions (forbidden)",
    hint: "Then replay.",
  });
  const page = await at.desk.html("/");
  const [shown = ""] = page.split('class="account"');
  expect(shown).toContain("6 incidents");
  expect(shown).toContain("1 more");
  expect([...shown.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title)).toEqual([
    "Work was given up",
    ...Array.from({ length: 4 }, () => "Webhook is silent"),
  ]);
  expect(shown).toContain(`<a href="/sources/${source.id}">`);
  for (const words of ["2 versions (forbidden).", "Then replay."]) expect(shown).toContain(words);
});
