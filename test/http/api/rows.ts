import { randomUUID } from "node:crypto";
import type { Queryable } from "../../../src/db/open.ts";
import {
  accounts,
  deliveries,
  incidents,
  objects,
  sources,
  versions,
  walks,
} from "../../../src/db/schema.ts";

type Some<Table extends { $inferInsert: object }> = Partial<Table["$inferInsert"]>;

/** Rows as the service would have written them, with only what a test cares about said. */
export async function anAccount(db: Queryable, values: Some<typeof accounts> = {}) {
  const [row] = await db
    .insert(accounts)
    .values({
      name: `account ${randomUUID()}`,
      authKind: "developerToken",
      stream: "changes",
      boxUserId: "17",
      ...values,
    })
    .returning();
  return must(row);
}

export async function aSource(db: Queryable, accountId: string, values: Some<typeof sources> = {}) {
  const [row] = await db
    .insert(sources)
    .values({
      accountId,
      name: `source ${randomUUID()}`,
      slug: randomUUID(),
      folderId: "100",
      folderName: "Inbox",
      include: [],
      exclude: [],
      tags: [],
      metadata: {},
      ...values,
    })
    .returning();
  return must(row);
}

let nextBoxId = 1000;

/** An object with its version; a stored one has what the lake answered. */
export async function anObject(
  db: Queryable,
  sourceId: string,
  values: Some<typeof objects> & { sizeBytes?: number } = {},
) {
  const { sizeBytes = 10, ...own } = values;
  const fileId = own.fileId ?? String(nextBoxId++);
  const versionId = own.versionId ?? String(nextBoxId++);
  const fact = { sha1: "a".repeat(40), sizeBytes, name: "plate.csv", door: "webhook" };
  const { seenAt } = own;
  await db.insert(versions).values({ fileId, versionId, ...fact, ...(seenAt ? { seenAt } : {}) });
  const stored = {
    generation: "1700000000000001",
    crc32c: "AAAAAA==",
    storedAt: new Date(),
    storedBytes: sizeBytes,
  };
  const [row] = await db
    .insert(objects)
    .values({
      sourceId,
      name: `lake/inbox/${fileId}-${versionId}.csv`,
      path: "run 7/plate.csv",
      door: "webhook",
      priority: 0,
      ...(own.state === "stored" ? stored : {}),
      ...own,
      fileId,
      versionId,
    })
    .returning();
  return must(row);
}

export async function aWalk(
  db: Queryable,
  source: { id: string; accountId: string; folderId: string },
  values: Some<typeof walks> = {},
) {
  const { id: sourceId, accountId, folderId } = source;
  const [row] = await db
    .insert(walks)
    .values({
      kind: "backfill",
      accountId,
      sourceId,
      folderId,
      recursive: true,
      reason: "backfill",
      door: "listing",
      ...values,
    })
    .returning();
  return must(row);
}

export async function anIncident(db: Queryable, values: Some<typeof incidents> = {}) {
  const [row] = await db
    .insert(incidents)
    .values({
      kind: "webhook_silent",
      subject: randomUUID(),
      message: "Of the last 20 versions made in folder 10, 12 were not delivered by its webhook.",
      hint: "See that PUBLIC_URL reaches this service from outside.",
      ...values,
    })
    .returning();
  return must(row);
}

export async function aDelivery(
  db: Queryable,
  accountId: string,
  values: Some<typeof deliveries> = {},
) {
  const [row] = await db
    .insert(deliveries)
    .values({
      accountId,
      webhookId: "7",
      eventId: randomUUID(),
      outcome: "recorded",
      body: Buffer.from("{}"),
      ...values,
    })
    .returning();
  return must(row);
}

function must<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error("the row was not answered");
  return row;
}
