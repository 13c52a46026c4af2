import { expect, test } from "vitest";
import { timeOf } from "../../src/box/json.ts";
import type { News } from "../../src/core/change.ts";
import { folderId } from "../../src/core/ids.ts";
import type { Queryable } from "../../src/db/open.ts";
import { recordChanges } from "../../src/operations/record-changes.ts";
import { inboxForEach } from "../support/for-each.ts";
import { counts, fileTouched, folderTouched, INBOX, owed, versionSeen } from "../support/seed.ts";

const at = inboxForEach();

const record = (news: News[], db: Queryable = at.db) =>
  recordChanges(db, { accountId: at.account, door: "events", prefix: "landed", news });

const recordCommitted = (...news: News[]) => at.db.transaction((tx) => record(news, tx));

test("NUL and half surrogates in names raise nothing, anywhere", async () => {
  const name = "a\0b\ud800c\udc00.csv";
  await recordCommitted(
    versionSeen({
      name,
      ancestors: [...INBOX, { folderId: folderId("11"), name }],
      fact: { uploadedBy: { id: "5", login: name, name } },
    }),
    { ...folderTouched("12", { ancestors: INBOX, name }) },
  );
  expect(await owed(at.db)).toHaveLength(1);
});

test("times that no calendar of PostgreSQL knows cost the time, never the page", async () => {
  const facts = [
    { contentCreatedAt: timeOf("0001-01-01T00:00:00+14:00") },
    { contentModifiedAt: timeOf("9999-12-31T23:59:59-12:00") },
    { contentCreatedAt: timeOf("0001-01-01T00:00:00Z") },
    { contentModifiedAt: timeOf("9999-12-31T23:59:59Z") },
  ];
  const news = facts.map((fact, index) => versionSeen({ versionId: String(100 + index), fact }));
  await recordCommitted(...news);
  expect(await owed(at.db)).toHaveLength(4);
});

test("a file in a folder of which only the next one up is known, and not where that lies, is looked at", async () => {
  const at = { name: "Deep", parentId: folderId("76"), ancestors: undefined };
  const { change, asOf } = folderTouched("77");
  await recordCommitted({ change: { ...change, at } as News["change"], asOf });
  expect(await recordCommitted(fileTouched("2", { parentId: "77" }))).toMatchObject({ checks: 1 });
});

test("a page of a thousand rows is a handful of statements", async () => {
  const news = Array.from({ length: 1000 }, (_, index) =>
    versionSeen({
      fileId: String(index + 1),
      versionId: String(5000 + index),
      name: `${index}.csv`,
    }),
  );
  let statements = 0;
  await at.db.transaction(async (tx) => {
    const counting: Queryable = new Proxy(tx, {
      get(target, property: keyof Queryable) {
        statements += 1;
        return target[property].bind(target);
      },
    });
    expect(await record(news, counting)).toMatchObject({ objects: 1000 });
  });
  expect(statements).toBeLessThanOrEqual(12);
  expect(await counts(at.db)).toMatchObject({ objects: 1000, jobs: 1000 });
});
