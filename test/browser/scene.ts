import { eq } from "drizzle-orm";
import type { Database } from "../../src/db/open.ts";
import { budgets, events, versions, webhooks } from "../../src/db/schema.ts";
import { aDelivery, anAccount, anIncident, anObject, aSource, aWalk } from "../http/api/rows.ts";

const MINUTE = 60_000;
const ago = (ms: number) => new Date(Date.now() - ms);

/** A week in a lab: a backfill under way, a quiet source, a polled one, and a few failures. */
export async function aWorkingHarbour(db: Database) {
  const lab = await anAccount(db, {
    name: "Lab data",
    boxLogin: "longshore@lab.example",
    boxEnterpriseId: "84421",
  });
  const plates = await aSource(db, lab.id, {
    name: "Plate readers",
    slug: "plate-readers",
    folderId: "282731048812",
    folderName: "Plate reader exports",
    description: "What the three readers of room 7 write, every night and on demand.",
    include: ["**/*.csv", "**/*.xlsx"],
    exclude: ["**/tmp/**"],
    tags: ["instrument", "room-7"],
    metadata: { site: "Basel", pipeline: "plates-v3" },
  });
  await aWalk(db, plates, {
    started: true,
    leasedBy: "00000000-0000-4000-8000-000000000001",
    listedFiles: 12_480,
    listedFolders: 312,
    matched: 10_214,
    matchedBytes: 41_300_000_000,
    skipped: { include: 2_210, exclude: 48, size: 8 },
    createdAt: ago(25 * MINUTE),
  });
  for (const daysAgo of [2, 1])
    await aWalk(db, plates, {
      kind: "sweep",
      reason: daysAgo === 1 ? "asked for" : "scheduled",
      state: "done",
      listedFiles: 81,
      listedFolders: 9,
      matched: 62,
      matchedBytes: 330_000_000,
      missing: daysAgo,
      skipped: { include: 19 },
      createdAt: ago(daysAgo * 24 * 60 * MINUTE),
      finishedAt: ago(daysAgo * 24 * 60 * MINUTE - 4 * MINUTE),
    });
  await db.insert(webhooks).values({
    accountId: lab.id,
    folderId: plates.folderId,
    state: "registered",
    heardAt: ago(3 * MINUTE),
  });
  for (let number = 1; number <= 20; number++)
    await anObject(db, plates.id, {
      path: `2026-11-${String(1 + (number % 20)).padStart(2, "0")}/reader ${1 + (number % 3)}/plate ${number}.csv`,
      sizeBytes: 3_127 * number ** 2,
      name: `raw/plate-readers/${number}`,
      ...(number % 9 === 0
        ? { state: "pending" }
        : { state: "stored", storedAt: ago(number * MINUTE) }),
      door: number % 4 === 0 ? "webhook" : "listing",
      seenAt: ago(number * MINUTE + 4000),
    });
  const waiting = await anObject(db, plates.id, {
    path: "2026-11-21/reader 2/plate 21.csv",
    name: "raw/plate-readers/21",
    state: "waiting",
    sizeBytes: 48_210_311,
    attempts: 3,
    failure: "transient",
    failureReason: "Box answered 503 twice and closed the connection once",
    failedAt: ago(MINUTE),
    dueAt: new Date(Date.now() + 2 * MINUTE),
  });
  const lost = await anObject(db, plates.id, {
    path: "2026-11-20/reader 1/plate 12 (final).csv",
    name: "raw/plate-readers/22",
    state: "given_up",
    sizeBytes: 1_204_551,
    attempts: 4,
    failure: "mismatch",
    failureReason: "The bytes that Box sent have another SHA-1 than the version's",
    hint: "Download the version from Box by hand: if it opens, replay; if not, ask Box's support with the request id in the log.",
    failedAt: ago(40 * MINUTE),
    seenAt: ago(3 * 60 * MINUTE),
  });
  const deliveries = await aSource(db, lab.id, {
    name: "CRO deliveries",
    slug: "cro-deliveries",
    folderId: "0",
    folderName: "All Files",
  });
  await aWalk(db, deliveries, {
    state: "done",
    matchedBytes: 31_506_180_000,
    createdAt: ago(102 * MINUTE),
    listedFiles: 418,
    listedFolders: 31,
    matched: 5,
    finishedAt: ago(90 * MINUTE),
  });
  await db.insert(webhooks).values({
    accountId: lab.id,
    folderId: "0",
    state: "polled",
    reason: "Box allows no webhook on the root folder",
    hint: "Register its first-level folders as sources of their own to have webhooks for them.",
  });
  for (let number = 1; number <= 5; number++)
    await anObject(db, deliveries.id, {
      path: `Report ${number}.pdf`,
      name: `raw/cro/${number}`,
      sizeBytes: 2_100_412_000 * number,
      state: "stored",
      storedAt: ago(number * 60 * MINUTE),
      door: "events",
    });
  const archive = await anAccount(db, {
    name: "Archive",
    boxLogin: "archive@partner.example",
    state: "needs_relogin",
    reason: "Box refuses the client secret",
  });
  const papers = await aSource(db, archive.id, {
    name: "Papers",
    folderId: "5511",
    folderName: "Papers 2019 to 2025",
    state: "paused",
  });
  await aWalk(db, papers, {
    state: "given_up",
    listedFiles: 90,
    matched: 12,
    attempts: 1,
    failure: "forbidden",
    failureReason: "Box lets this account not list folder 5511",
    hint: "Invite archive@partner.example to the folder as a viewer, then replay.",
    failedAt: ago(26 * 60 * MINUTE),
  });
  await aDelivery(db, lab.id, { trigger: "FILE.UPLOADED", receivedAt: ago(3 * MINUTE) });
  await aDelivery(db, lab.id, {
    trigger: "FOLDER.RENAMED",
    outcome: "ignored",
    receivedAt: ago(3 * MINUTE),
  });
  await aDelivery(db, lab.id, {
    trigger: "NO_ACTIVE_SESSION",
    outcome: "noted",
    note: "Box has no session of the webhook's owner: it sends no content until somebody logs in again",
    receivedAt: ago(2 * MINUTE),
  });
  await aDelivery(db, lab.id, {
    trigger: null,
    webhookId: "",
    eventId: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    outcome: "unreadable",
    note: "The body is no JSON",
    receivedAt: ago(MINUTE),
  });
  await anIncident(db, { accountId: lab.id, sourceId: plates.id, openedAt: ago(8 * MINUTE) });
  await anIncident(db, {
    kind: "account_needs_relogin",
    accountId: archive.id,
    message:
      "Box refuses the credentials of the account “Archive”: Box refuses the client secret. Its work waits and nothing is given up.",
    hint: "Have the application authorised again in Box's Admin Console, or give new credentials.",
    openedAt: ago(26 * 60 * MINUTE),
  });
  await anIncident(db, {
    kind: "gap_reproved",
    accountId: lab.id,
    message:
      "The events of longshore@lab.example were not read from 2026-11-18 02:10 to 2026-11-19 06:00: 2 sources were walked in full.",
    hint: null,
    openedAt: ago(3 * 24 * 60 * MINUTE),
    closedAt: ago(3 * 24 * 60 * MINUTE - 41 * MINUTE),
  });
  await db.insert(budgets).values({
    boxUserId: lab.boxUserId,
    callsPerMonth: 500_000,
    month: new Date().toISOString().slice(0, 7) + "-01",
    usedInMonth: 81_240,
  });
  await db.insert(events).values({
    accountId: lab.id,
    eventId: "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9",
    stream: "changes",
    eventType: "ITEM_UPLOAD",
    odd: "source is a number",
    raw: { event_id: null, event_type: "ITEM_UPLOAD", source: 7 },
  });
  for (const [seconds, door] of [
    [70, "webhook"],
    [65, "webhook"],
    [0, "events"],
  ] as const)
    await seeVersion(db, plates.id, door, seconds);
  return { lab, plates, deliveries, waiting, lost };
}

/** A version made an hour ago that a webhook announced, and events a little later; or events alone. */
async function seeVersion(
  db: Database,
  sourceId: string,
  door: "webhook" | "events",
  late: number,
) {
  const at = ago(60 * MINUTE);
  const eventsAt = new Date(at.getTime() + late * 1000);
  const object = await anObject(db, sourceId, { door, state: "stored", seenAt: at });
  await db
    .update(versions)
    .set({
      door,
      seenAt: at,
      webhookAt: door === "webhook" ? at : null,
      eventsAt,
      createdAt: new Date(),
    })
    .where(eq(versions.versionId, object.versionId));
}

/** Names that strangers chose badly, or to do harm. */
export const UGLY = {
  script: `<script>alert("here")</script>.csv`,
  turned: "invoice\u202efdp.exe",
  control: "line\nbreak\ttab\u0007bell.csv",
  arabic: "تقرير المختبر ٢٠٢٦.csv",
  long: `${"very-long-name-without-a-single-space_".repeat(9)}.parquet`,
};

/** The same pages where everything is too long, odd or missing. */
export async function anUglyHarbour(db: Database) {
  const account = await anAccount(db, { name: UGLY.long, boxLogin: UGLY.turned });
  await anAccount(db, { name: "Nothing here yet" });
  const source = await aSource(db, account.id, {
    name: UGLY.long,
    slug: "ugly",
    folderId: "9".repeat(40),
    folderName: UGLY.script,
    include: [UGLY.long, UGLY.script, "**/*.{csv,tsv,xlsx,xls,parquet,json,jsonl,xml,pdf}"],
    tags: Array.from({ length: 30 }, (_, number) => `tag-${number}`),
    metadata: { [UGLY.long]: UGLY.long, "<b>": UGLY.turned },
  });
  const bare = await aSource(db, account.id, { name: "never walked" });
  const fail = (name: string) =>
    anObject(db, source.id, {
      path: `${UGLY.long}/${name}`,
      name: `raw/ugly/${name}`,
      door: "listing",
      state: "given_up",
      attempts: 12,
      sizeBytes: 1_099_511_627_776,
      failureReason: `Box said: ${UGLY.long}`,
      hint: UGLY.long,
      failedAt: new Date(),
    });
  for (const name of [UGLY.long, UGLY.turned, UGLY.control, UGLY.arabic]) await fail(name);
  const lost = await fail(UGLY.script);
  await aDelivery(db, account.id, {
    trigger: UGLY.long,
    outcome: "noted",
    note: UGLY.script,
    eventId: "e".repeat(128),
  });
  await db.insert(events).values({
    accountId: account.id,
    eventId: UGLY.long,
    stream: "changes",
    eventType: UGLY.script,
    odd: UGLY.turned,
    raw: { [UGLY.long]: UGLY.script, text: UGLY.control.repeat(400) },
  });
  for (let number = 0; number < 7; number++)
    await anIncident(db, {
      closedAt: number % 3 === 0 ? new Date() : null,
      kind: "given_up",
      accountId: account.id,
      sourceId: number % 2 ? source.id : null,
      message: `${UGLY.long} ${UGLY.script} ${UGLY.turned}`,
      hint: UGLY.long,
    });
  return { account, source, bare, lost };
}
