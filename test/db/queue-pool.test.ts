import { expect, inject, onTestFinished, test } from "vitest";
import { openQueuePool } from "../../src/db/queue-pool.ts";

test("a connection that is given back twice is given back once, and the pool goes on", async () => {
  const pool = openQueuePool(inject("postgresUrl"), () => {});
  onTestFinished(() => pool.end());
  const given = Promise.withResolvers<() => void>();
  pool.connect((_error, _client, release) => given.resolve(release));
  const release = await given.promise;
  release();
  expect(release).not.toThrow();
  expect(pool.idleCount).toBe(1);
  const client = await pool.connect();
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  client.release();
});
