import { asc } from "drizzle-orm";
import { expect, test } from "vitest";
import type { IncidentNews } from "../../src/core/incident.ts";
import { closeIncident, openIncident, settleIncidents } from "../../src/db/incidents.ts";
import { incidents } from "../../src/db/schema.ts";
import { databaseForEach } from "../support/for-each.ts";
import { seedAccount, seedSource } from "../support/seed.ts";

const at = databaseForEach();

const SILENT = { kind: "webhook_silent", subject: "10", message: "Nothing came." } as const;
const SILENT_KEY = { kind: SILENT.kind, subject: SILENT.subject };
const kept = () => at.db.select().from(incidents).orderBy(asc(incidents.id));

test("an incident is opened once, with what it is about", async () => {
  const account = await seedAccount(at.db);
  const source = await seedSource(at.db, account, "10");
  const news = {
    ...SILENT,
    accountId: account,
    sourceId: source,
    hint: "Look.",
    details: { n: 3 },
  };
  expect(await openIncident(at.db, news)).toBe(true);
  expect(await openIncident(at.db, news)).toBe(false);
  expect(await kept()).toMatchObject([{ ...news, closedAt: null }]);
  await at.db.delete(incidents);
});

test("while it is open, newer words and figures replace the old, and its time stays", async () => {
  await openIncident(at.db, { ...SILENT, hint: "Look.", details: { missing: 3 } });
  const [before] = await kept();
  const news = { ...SILENT, message: "Still nothing came.", details: { missing: 5 } };
  expect(await openIncident(at.db, news)).toBe(false);
  expect(await kept()).toEqual([
    { ...before, message: news.message, hint: null, details: news.details },
  ]);
});

test("kinds and subjects are open side by side", async () => {
  await openIncident(at.db, SILENT);
  expect(await openIncident(at.db, { ...SILENT, subject: "11" })).toBe(true);
  expect(await openIncident(at.db, { ...SILENT, kind: "webhook_gone" })).toBe(true);
  expect(await closeIncident(at.db, "webhook_silent", "11")).toBe(true);
  const open = (await kept()).filter(({ closedAt }) => closedAt === null);
  expect(open.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
    "webhook_silent 10",
    "webhook_gone 10",
  ]);
});

test("it is closed once, and what happens later is another incident", async () => {
  expect(await closeIncident(at.db, "webhook_silent", "10")).toBe(false);
  await openIncident(at.db, SILENT);
  expect(await closeIncident(at.db, "webhook_silent", "10")).toBe(true);
  const [closed] = await kept();
  expect(await closeIncident(at.db, "webhook_silent", "10")).toBe(false);
  expect(await openIncident(at.db, SILENT)).toBe(true);
  const [first, second, ...rest] = await kept();
  expect(first).toEqual(closed);
  expect(second).toMatchObject({ closedAt: null });
  expect(rest).toEqual([]);
});

test("of many that open the same at once, one was first", async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => openIncident(at.db, { ...SILENT, details: { caller: n } })),
  );
  expect(answers.filter(Boolean)).toHaveLength(1);
  expect(await kept()).toHaveLength(1);
});

test("words that PostgreSQL could not keep as JSON are kept without what it cannot", async () => {
  await openIncident(at.db, { ...SILENT, details: { name: "a\u0000b" } });
  expect(await kept()).toMatchObject([{ details: { name: "a\ufffdb" } }]);
});

test("what was found is open, what was not found any more is closed, and other kinds are left alone", async () => {
  const settle = (...found: IncidentNews[]) =>
    settleIncidents(at.db, ["webhook_silent", "given_up"], found);
  await openIncident(at.db, { ...SILENT, kind: "gap_reproved" });
  const since = new Date("2026-05-01T12:00:00Z");
  const owed: IncidentNews = { kind: "given_up", subject: "s", message: "Two.", since };
  const begun = await settle(SILENT, owed);
  expect(begun.opened.map(({ kind }) => kind).sort()).toEqual(["given_up", "webhook_silent"]);
  expect(await settle(SILENT, owed)).toEqual({ opened: [], closed: [] });

  const left = await settle({ ...owed, message: "Three." });
  expect(left).toEqual({ opened: [], closed: [expect.objectContaining(SILENT_KEY)] });
  expect(await kept()).toMatchObject([
    { kind: "gap_reproved", closedAt: null },
    { kind: "webhook_silent", closedAt: expect.any(Date) },
    { kind: "given_up", closedAt: null, message: "Three.", openedAt: since },
  ]);
  expect((await settle()).closed).toMatchObject([{ kind: "given_up", subject: "s" }]);
  expect(await settle()).toEqual({ opened: [], closed: [] });
});
