import { expect, test } from "vitest";
import { lake, objects } from "../../src/db/schema.ts";
import { holdToBucket, moveLake } from "../../src/operations/lake-bucket.ts";
import { aSource, anAccount, anObject } from "../http/api/rows.ts";
import { databaseForEach } from "../support/for-each.ts";

const at = databaseForEach();

const bucket = async () => (await at.db.select().from(lake)).map((row) => row.bucket);

test("the lake stays in the bucket in which objects lie, until an operator says that it was moved", async () => {
  const { db } = at;
  const { id: account } = await anAccount(db);
  const { id: own } = await aSource(db, account, { bucket: "archive", prefix: "" });
  const { id: source } = await aSource(db, account);
  await anObject(db, own, { state: "stored" });
  await holdToBucket(db, "first");
  await holdToBucket(db, "first");
  expect(await bucket()).toEqual(["first"]);

  // Nothing that follows LAKE_URL is stored yet.
  await anObject(db, source, { state: "pending" });
  await holdToBucket(db, "second");
  expect(await bucket()).toEqual(["second"]);

  await db.delete(objects);
  await anObject(db, source, { state: "stored" });
  await expect(holdToBucket(db, "third")).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringMatching(/third.*one source lie in second/),
    hint: expect.stringContaining("move-lake"),
  });
  await moveLake(db, "third");
  await holdToBucket(db, "third");
  expect(await bucket()).toEqual(["third"]);
  await expect(holdToBucket(db, "second")).rejects.toThrow(/lie in third/);
});
