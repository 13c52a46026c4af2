import { expect, test } from "vitest";
import { budgets, webhooks } from "../../../src/db/schema.ts";
import { anAccount, aSource } from "../api/rows.ts";
import { deskForEach } from "./desk.ts";

const at = deskForEach();

const textOf = (page: string) => page.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
const thisMonth = () => `${new Date().toISOString().slice(0, 7)}-01`;

test("Without an account it says where to begin", async () => {
  expect(await at.desk.html("/accounts")).toContain("No Box account is linked yet");
});

test("Each says what is left of its calls and how many webhooks it has", async () => {
  const { db } = at;
  const lab = await anAccount(db, { name: "<Lab>", boxUserId: "17", boxLogin: "lab@example.com" });
  await anAccount(db, { name: "Other", boxUserId: "18" });
  await aSource(db, lab.id);
  for (const folderId of ["1", "2", "3"])
    await db.insert(webhooks).values({
      accountId: lab.id,
      folderId,
      state: folderId === "3" ? "polled" : "registered",
    });
  await db.insert(budgets).values({
    boxUserId: "17",
    callsPerMinute: 600,
    callsPerMonth: 50_000,
    month: thisMonth(),
    usedInMonth: 12_480,
    pausedUntil: new Date(Date.now() + 300_000),
  });
  const page = await at.desk.html("/accounts");
  const [own = "", other = ""] = page.split("<section").slice(1).map(textOf);
  for (const words of [
    "&lt;Lab&gt;",
    "lab@example.com",
    "0 of 600 (Box asked us to wait: next call in 5 min )",
    "12,480 of 50,000 (37,520 left)",
    "2 of 1,000 that Box allows",
    "Sources 1 Register one",
    "no keys: its folders are polled only",
  ])
    expect(own).toContain(words);
  expect(other).toContain("900 of 900");
  expect(other).toContain("0, not limited");
});

test("A developer token ends, and has ended", async () => {
  const agoMs = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  for (const [name, minutes] of [
    ["Fresh", 10],
    ["Spent", 70],
  ] as const)
    await anAccount(at.db, { name, authKind: "developerToken", renewedAt: agoMs(minutes) });
  const [fresh = "", spent = ""] = (await at.desk.html("/accounts")).split("<section").slice(1);
  expect(textOf(fresh)).toContain("the developer token ends in 50 min");
  expect(textOf(spent)).toContain("the developer token ended 10 min ago");
});

test("Why it stands so and since when is said, and its buttons lead back here", async () => {
  const account = await anAccount(at.db, {
    state: "needs_relogin",
    reason: "Box refuses the client secret",
    stateSince: new Date(Date.now() - 3 * 3_600_000),
  });
  const page = await at.desk.html("/accounts");
  for (const words of ["needs relogin", "Box refuses the client secret.", "3 h ago"])
    expect(page).toContain(words);
  const press = (act: string, back: string) =>
    at.desk.post(`/accounts/${account.id}/${act}`, [["back", back]]);
  expect((await press("pause", "/accounts")).headers.get("location")).toBe("/accounts");
  expect(await at.desk.html("/accounts")).toContain(`action="/accounts/${account.id}/resume"`);
  expect((await press("resume", "//elsewhere.example")).headers.get("location")).toBe("/");
});

test("Many are paged by name", async () => {
  for (let number = 0; number < 52; number++)
    await anAccount(at.db, { name: `A & ${String(number).padStart(2, "0")}` });
  const first = await at.desk.html("/accounts");
  const next = /href="([^"]+)" rel="next"/.exec(first)?.[1] ?? "";
  const second = textOf(await at.desk.html(next));
  expect(second).toContain("A &amp; 50");
  expect(second).toContain("A &amp; 51");
  expect(second).not.toContain("A &amp; 49");
});
