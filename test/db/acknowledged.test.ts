import { randomBytes, randomUUID } from "node:crypto";
import postgres, { type Sql } from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRequests, FOLDER, newKeys } from "../../bench/acks/delivery.ts";
import { countBroken } from "../../bench/acks/verify.ts";
import { accountId } from "../../src/core/ids.ts";
import { createWebhookDoor } from "../../src/http/webhooks.ts";
import { createLog } from "../../src/log.ts";
import { createMetrics } from "../../src/metrics.ts";
import { signatureKeysPlace } from "../../src/operations/secret-places.ts";
import { createSecrets } from "../../src/secrets.ts";
import { cloneDatabase } from "../support/database.ts";
import { seedAccount, seedSource } from "../support/seed.ts";

// What `bench/acks` says is only as good as its count of what is missing.

let clone: Awaited<ReturnType<typeof cloneDatabase>>;
let sql: Sql;

beforeAll(async () => {
  clone = await cloneDatabase();
  sql = postgres(clone.url, { max: 1, onnotice: () => {} });
  const { db } = clone;
  const secrets = createSecrets(randomBytes(32));
  const [id, keys] = [randomUUID(), newKeys()];
  const signatureKeys = secrets.seal(keys, signatureKeysPlace(id));
  await seedAccount(db, { id, signatureKeys });
  await seedSource(db, accountId(id), FOLDER.id, { include: ["**"] });
  const log = createLog("silent");
  const door = createWebhookDoor({ db, secrets, log, metrics: createMetrics(), prefix: "landed" });
  const request = createRequests("127.0.0.1", `/${id}`, keys);
  for (const n of [1, 2, 3]) {
    const [head = "", body = ""] = request(n).split("\r\n\r\n");
    const headers = head.split("\r\n").slice(1);
    const answer = await door.request(`/${id}`, {
      method: "POST",
      headers: headers.map((line) => line.split(": ") as [string, string]),
      body,
    });
    expect(answer.status).toBe(204);
  }
});

afterAll(async () => {
  await sql.end();
  await clone.close();
});

test("what the door acknowledged is there, whole", async () => {
  expect(await countBroken(sql, "ours", [1, 2, 3])).toBe(0);
});

test("a delivery that never came is counted", async () => {
  expect(await countBroken(sql, "ours", [1, 2, 3, 4])).toBe(1);
});

test("a lost job is counted, and so is one too many", async () => {
  await sql`
    update graphile_worker._private_jobs set payload = (select payload from graphile_worker._private_jobs
      order by id limit 1) where id = (select max(id) from graphile_worker._private_jobs)`;
  expect(await countBroken(sql, "ours", [1, 2, 3])).toBe(2);
});

test("an acknowledgement counted twice is a mistake of the benchmark, and said so", async () => {
  await expect(countBroken(sql, "ours", [1, 1])).rejects.toThrow("sent twice");
});
