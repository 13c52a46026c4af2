import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Door } from "../../src/core/change.ts";
import { rows } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { fileTouched, versionSeen } from "../support/seed.ts";

const at = inboxForEach();

const see = (door: Door, ...news: ReturnType<typeof versionSeen>[]) =>
  at.db.transaction((tx) => recordChanges(tx, { accountId: at.account, door, prefix: "", news }));

/** Which doors have seen each version, the first one named before the colon. */
const doors = async () =>
  (
    await rows<{ line: string }>(
      at.db,
      sql`
        select file_id || ' ' || door || ':' || concat_ws('+',
          case when webhook_at is not null then 'webhook' end,
          case when events_at is not null then 'events' end,
          case when listing_at is not null then 'listing' end) as line
        from versions order by 1`,
    )
  ).map(({ line }) => line);

test("a version keeps when each door first saw it, and which was first", async () => {
  await see("webhook", versionSeen({ fileId: "1" }));
  await see("events", versionSeen({ fileId: "1" }), versionSeen({ fileId: "2" }));
  await see("listing", versionSeen({ fileId: "2" }), versionSeen({ fileId: "3" }));
  expect(await doors()).toEqual([
    "1 webhook:webhook+events",
    "2 events:events+listing",
    "3 listing:listing",
  ]);
});

test("a door that sees a version again changes nothing, and a replay counts for none", async () => {
  await see("webhook", versionSeen());
  const written = () => rows(at.db, sql`select xmin::text, webhook_at::text from versions`);
  const before = await written();
  await see("webhook", versionSeen());
  await see("replay", versionSeen());
  expect(await written()).toEqual(before);
});

test("an event that only names a recorded version counts as having seen it", async () => {
  await see("webhook", versionSeen());
  await see("events", fileTouched("1", { versionId: "100", parentId: "10" }));
  expect(await doors()).toEqual(["1 webhook:webhook+events"]);
  expect(await rows(at.db, sql`select 1 from checks`)).toEqual([]);
});

test("a version that somebody writes at this moment is passed over, not waited for", async () => {
  await see("webhook", versionSeen());
  await at.db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from versions for no key update`);
    await see("events", versionSeen());
  });
  expect(await doors()).toEqual(["1 webhook:webhook"]);
});

test("a past version that a webhook's check finds is none that the webhook announced", async () => {
  await see("webhook", versionSeen({ mayHaveHistory: true, etag: "1" }));
  expect(await rows(at.db, sql`select door from checks`)).toEqual([{ door: "listing" }]);
  await see("webhook", fileTouched("2", { parentId: "10" }));
  expect(await rows(at.db, sql`select door from checks where file_id = '2'`)).toEqual([
    { door: "webhook" },
  ]);
});
