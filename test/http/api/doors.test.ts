import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { anAccount, anObject, aSource } from "./rows.ts";
import { openWeb, type Web } from "./web.ts";

let web: Web;
let accountId: string;
let sourceId: string;
beforeAll(async () => {
  web = await openWeb();
  accountId = (await anAccount(web.db)).id;
  sourceId = (await aSource(web.db, accountId, { createdAt: new Date(Date.now() - 86_400_000) }))
    .id;
});
beforeEach(async () => {
  await web.db.execute(sql`truncate objects, versions, webhooks cascade`);
});
afterAll(() => web.close());

const MINUTE = 60_000;
const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE);

interface Sights {
  door: "webhook" | "events" | "listing";
  seenAt?: Date;
  webhookAt?: Date;
  eventsAt?: Date;
  listingAt?: Date;
  createdAt?: Date;
  fileId?: string;
  sha1?: string;
}

async function seen({ seenAt = ago(60), createdAt = seenAt, fileId, sha1, ...sights }: Sights) {
  const row = await anObject(web.db, sourceId, {
    ...(fileId ? { fileId } : {}),
    name: `lake/${Math.random()}`,
  });
  const values = { seenAt, createdAt, sha1: sha1 ?? row.versionId.padStart(40, "0"), ...sights };
  const iso = (at: Date | undefined) => at?.toISOString() ?? null;
  await web.db.execute(sql`
    update versions set door = ${values.door}, seen_at = ${iso(seenAt)}::timestamptz,
      created_at = ${iso(createdAt)}::timestamptz, sha1 = ${values.sha1},
      webhook_at = ${iso(sights.webhookAt)}::timestamptz,
      events_at = ${iso(sights.eventsAt)}::timestamptz,
      listing_at = ${iso(sights.listingAt)}::timestamptz
    where file_id = ${row.fileId} and version_id = ${row.versionId}`);
  return row;
}

const standingWebhook = () =>
  web.db.execute(sql`
    insert into webhooks (account_id, folder_id, state, box_webhook_id)
    values (${accountId}::uuid, '100', 'registered', '7')`);

interface Doors {
  doors: {
    door: string;
    first: number;
    late: number;
    p50Ms: number | null;
    maxMs: number | null;
  }[];
  missedDeliveries: { count: number; newest: { objectId: string; folderId: string }[] };
}
const doors = async (query = "") => (await web.get(`/api/doors${query}`)).body as unknown as Doors;
const missed = async () => (await doors()).missedDeliveries;

test("each door has how often it was first, and how late it was otherwise", async () => {
  const at = ago(60);
  const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);
  await seen({ door: "webhook", seenAt: at, webhookAt: at, eventsAt: later(40) });
  await seen({
    door: "webhook",
    seenAt: at,
    webhookAt: at,
    eventsAt: later(60),
    listingAt: later(90),
  });
  await seen({ door: "events", seenAt: at, eventsAt: at, webhookAt: later(5) });
  await seen({ door: "webhook", seenAt: ago(60 * 24 * 9), webhookAt: ago(60 * 24 * 9) });
  expect((await doors()).doors).toEqual([
    { door: "webhook", first: 2, late: 1, p50Ms: 5000, p95Ms: 5000, maxMs: 5000 },
    { door: "events", first: 1, late: 2, p50Ms: 50_000, p95Ms: 59_000, maxMs: 60_000 },
    { door: "listing", first: 0, late: 1, p50Ms: 90_000, p95Ms: 90_000, maxMs: 90_000 },
  ]);
});

test("a window and a source narrow it; without versions there is nothing to be late with", async () => {
  await seen({ door: "webhook", webhookAt: ago(60) });
  const other = await aSource(web.db, accountId);
  const none = { first: 0, late: 0, p50Ms: null, p95Ms: null, maxMs: null };
  expect((await doors(`?sourceId=${sourceId}`)).doors[0]).toMatchObject({ first: 1 });
  expect((await doors(`?sourceId=${other.id}`)).doors[0]).toEqual({ door: "webhook", ...none });
  expect((await doors(`?to=${ago(120).toISOString()}`)).doors[0]).toMatchObject(none);
});

test.each(["?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?from=1999-01-01T00:00:00Z"])(
  "a window that is none, or too wide, is refused: %s",
  async (query) => {
    expect((await web.get(`/api/doors${query}`)).status).toBe(400);
  },
);

test("what a standing webhook did not announce is named", async () => {
  await standingWebhook();
  const row = await seen({ door: "events", eventsAt: ago(60) });
  await seen({ door: "webhook", webhookAt: ago(60) });
  await seen({ door: "events", eventsAt: ago(60), webhookAt: ago(50) });
  expect(await missed()).toMatchObject({
    count: 1,
    newest: [{ objectId: String(row.id), folderId: "100", accountId, door: "events" }],
  });
});

test("nothing is missed where no webhook stands", async () => {
  await seen({ door: "events", eventsAt: ago(60) });
  expect(await missed()).toEqual({ count: 0, newest: [] });
});

test("what is young, older than its source, or promoted from an old version was never to be announced", async () => {
  await standingWebhook();
  await seen({ door: "events", seenAt: ago(5), eventsAt: ago(5) });
  await seen({ door: "listing", listingAt: ago(60), createdAt: ago(60 * 24 * 3) });
  const sha1 = "b".repeat(40);
  await seen({ door: "webhook", webhookAt: ago(90), fileId: "77", sha1 });
  await seen({ door: "events", eventsAt: ago(60), fileId: "77", sha1 });
  expect(await missed()).toEqual({ count: 0, newest: [] });
});

test("a version says when each door first saw it", async () => {
  const row = await seen({ door: "webhook", webhookAt: new Date("2026-05-01T12:00:00Z") });
  expect((await web.get(`/api/versions/${row.id}`)).body["seenBy"]).toEqual({
    webhook: "2026-05-01T12:00:00.000Z",
    events: null,
    listing: null,
  });
});
