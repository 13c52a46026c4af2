import { and, eq, isNull, sql, type SQL } from "drizzle-orm";
import { expect, test } from "vitest";
import type { SourceId } from "../../src/core/ids.ts";
import { rows } from "../../src/db/open.ts";
import { incidents, objects, versions, webhooks } from "../../src/db/schema.ts";
import { createLookAfter } from "../../src/jobs/look-after.ts";
import { createLog } from "../../src/log.ts";
import { aDelivery } from "../http/api/rows.ts";
import { databaseForEach } from "../support/for-each.ts";
import { queuedJobs, seedAccount, seedSource, sha1 } from "../support/seed.ts";

const at = databaseForEach(async (db) => {
  const account = await seedAccount(db);
  const source = await seedSource(db, account, "10", { createdAt: ago(60 * 48) });
  const standing = { state: "registered" as const, boxWebhookId: "7", checkedAt: ago(60) };
  const [hook] = await db
    .insert(webhooks)
    .values({ accountId: account, folderId: "10", dueAt: ago(-60), ...standing })
    .returning();
  return { account, source, hook: hook!.id };
});

const run = (statement: SQL) => at.db.execute(statement);
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
const look = async () =>
  createLookAfter({ db: at.db, log: createLog("silent") })({}, new AbortController().signal);
const open = () =>
  at.db
    .select()
    .from(incidents)
    .where(and(eq(incidents.kind, "webhook_silent"), isNull(incidents.closedAt)));
const due = async () =>
  (await rows(at.db, sql`select id from webhooks where due_at <= now()`)).length;

let next = 1;
type Doors = Partial<Record<"webhook" | "events" | "listing", boolean>>;
interface Made {
  minutes?: number;
  bytes?: string;
  fileId?: string;
  createdAt?: Date;
  swept?: boolean;
  of?: SourceId;
}
/** A version made at Box so many minutes ago, which these doors saw then. */
async function made(doors: Doors, rest: Made = {}) {
  const {
    minutes = 20,
    bytes = "a",
    fileId = String(next++),
    of = at.source,
    swept = false,
  } = rest;
  const [seenAt, versionId] = [ago(minutes), String(next++)];
  await at.db.insert(versions).values({
    fileId,
    versionId,
    sha1: sha1(bytes),
    sizeBytes: 1,
    name: "plate.csv",
    door: "events",
    createdAt: rest.createdAt ?? seenAt,
    seenAt,
    webhookAt: doors.webhook ? seenAt : null,
    eventsAt: doors.events ? seenAt : null,
    listingAt: doors.listing ? seenAt : null,
  });
  await at.db.insert(objects).values({
    sourceId: of,
    fileId,
    versionId,
    name: `${fileId}-${versionId}`,
    path: "plate.csv",
    door: "events",
    priority: 0,
    sweptBy: swept ? 1 : null,
  });
}
async function several(count: number, doors: Doors, rest: Made = {}) {
  for (let n = 0; n < count; n++) await made(doors, rest);
}

test("a webhook that delivered nothing of what events told is silent, and compared with Box at once", async () => {
  await several(3, { events: true });
  await look();
  expect(await open()).toMatchObject([
    {
      subject: at.hook,
      accountId: at.account,
      sourceId: at.source,
      message: expect.stringContaining("Of the last 3 versions made in folder 10, 3 were not"),
      details: { expected: 3, missing: 3 },
    },
  ]);
  expect(await due()).toBe(1);
  expect((await queuedJobs(at.db)).map(({ task }) => task)).toEqual(["keep_webhooks"]);
});

test("what only a sweep found counts as missing, what a walk listed does not", async () => {
  await several(5, { listing: true });
  await look();
  expect(await open()).toEqual([]);
  await several(3, { listing: true }, { swept: true });
  await look();
  expect(await open()).toHaveLength(1);
});

test.each<[string, () => Promise<void>]>([
  ["nothing happens", async () => {}],
  ["everything is delivered", () => several(9, { webhook: true, events: true })],
  [
    "less than half is missing",
    async () => {
      await several(3, { events: true });
      await several(4, { webhook: true });
    },
  ],
  ["only two are missing", () => several(2, { events: true })],
  ["what is missing is young", () => several(9, { events: true }, { minutes: 5 })],
  ["what is missing is old", () => several(9, { events: true }, { minutes: 60 * 25 })],
  [
    "what is missing was made before the source",
    () => several(9, { events: true }, { createdAt: ago(60 * 72) }),
  ],
  [
    "versions were promoted",
    async () => {
      await several(1, { webhook: true }, { fileId: "promoted", minutes: 60 * 30 });
      await several(9, { events: true }, { fileId: "promoted" });
    },
  ],
  [
    "what is missing lies in another folder",
    async () => {
      const elsewhere = await seedSource(at.db, at.account, "99", { createdAt: ago(60 * 48) });
      await several(9, { events: true }, { of: elsewhere });
    },
  ],
  [
    "there is no webhook",
    async () => {
      await run(sql`update webhooks set state = 'polled'`);
      await several(9, { events: true });
    },
  ],
])("no webhook is silent while %s", async (_name, happens) => {
  await happens();
  await look();
  expect(await open()).toEqual([]);
  expect(await due()).toBe(0);
});

test("a busy webhook that stops is silent though it delivered most of the day", async () => {
  await several(40, { webhook: true, events: true }, { minutes: 120 });
  await several(12, { events: true }, { minutes: 15 });
  await look();
  expect(await open()).toMatchObject([{ details: { expected: 20, missing: 12 } }]);
});

test("it stays silent while nothing comes, is looked at every half hour, and closed when it delivers", async () => {
  await several(3, { events: true });
  await look();
  const [before] = await open();
  await run(sql`update webhooks set due_at = now() + interval '6 hours', checked_at = now()`);
  await look();
  expect(await open()).toEqual([before]);
  expect(await due()).toBe(0);
  await run(sql`update webhooks set checked_at = now() - interval '31 minutes'`);
  await look();
  expect(await due()).toBe(1);
  await run(sql`update versions set seen_at = now() - interval '25 hours'`);
  await look();
  expect(await open()).toEqual([before]);
  await run(sql`update webhooks set heard_at = now()`);
  await look();
  expect(await open()).toEqual([]);
});

test("what was missing before it was closed, or the webhook made anew, is not held against it again", async () => {
  await several(3, { events: true });
  await look();
  await run(sql`update webhooks set heard_at = now()`);
  await look();
  await look();
  expect(await open()).toEqual([]);

  await run(sql`truncate incidents`);
  await run(sql`insert into incidents (kind, subject, message, opened_at, closed_at)
    values ('webhook_gone', ${at.hook}, 'Gone.', now() - interval '15 minutes', now() - interval '15 minutes')`);
  await look();
  expect(await open()).toEqual([]);
  await several(3, { events: true }, { minutes: 12 });
  await look();
  expect(await open()).toHaveLength(1);
});

test("a webhook whose session has ended is silent until it delivers what happens", async () => {
  const mute = { webhookId: "7", trigger: "NO_ACTIVE_SESSION", outcome: "noted" as const };
  await aDelivery(at.db, at.account, mute);
  await look();
  expect(await open()).toMatchObject([{ message: expect.stringContaining("NO_ACTIVE_SESSION") }]);
  await run(sql`update deliveries set received_at = now() - interval '1 hour'`);
  await look();
  expect(await open()).toHaveLength(1);
  await run(sql`update webhooks set heard_at = now()`);
  await look();
  expect(await open()).toEqual([]);
});

test("of two sources of one folder each version counts once", async () => {
  const twin = await seedSource(at.db, at.account, "10", { createdAt: ago(60 * 48) });
  await several(2, { events: true });
  await run(sql`insert into objects (source_id, file_id, version_id, name, path, door, priority)
    select ${twin}::uuid, file_id, version_id, 'twin ' || name, path, door, priority from objects`);
  await look();
  expect(await open()).toEqual([]);
});
