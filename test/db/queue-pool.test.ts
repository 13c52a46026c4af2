import { expect, inject, onTestFinished, test } from "vitest";
import { openQueuePool } from "../../src/db/queue-pool.ts";

/** What gives back the next connection. */
function released(pool: ReturnType<typeof openQueuePool>) {
  const given = Promise.withResolvers<() => void>();
  pool.connect((_error, _client, release) => given.resolve(release));
  return given.promise;
}

test("a connection that is given back twice is given back once, and the pool goes on", async () => {
  const pool = openQueuePool(inject("postgresUrl"), () => {});
  onTestFinished(() => pool.end());
  const release = await released(pool);
  release();
  expect(release).not.toThrow();
  expect(pool.idleCount).toBe(1);
  const client = await pool.connect();
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  client.release();
});

test("what a pool that has ended did not hand out may be given back", async () => {
  const pool = openQueuePool(inject("postgresUrl"), () => {});
  await pool.end();
  expect(await released(pool)).not.toThrow();
});
