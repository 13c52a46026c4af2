import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { gather, TooManyWaiting } from "../../src/db/gather.ts";

/** A run that a test ends by hand, batch by batch. */
function byHand() {
  const batches: number[][] = [];
  const ends: ((failure?: Error) => void)[] = [];
  const call = gather(
    (items: number[]) =>
      new Promise<string[]>((resolve, reject) => {
        batches.push(items);
        ends.push((failure) =>
          failure ? reject(failure) : resolve(items.map((item) => `done ${item}`)),
        );
      }),
  );
  const end = async (failure?: Error) => {
    ends.shift()?.(failure);
    await setImmediate();
  };
  return { call, batches, end };
}

test("a call goes at once when nothing is under way, and the next gather while it runs", async () => {
  const { call, batches, end } = byHand();
  const calls = [1, 2, 3, 4].map((item) => call(item));
  expect(batches).toEqual([[1]]);
  await end();
  expect(batches).toEqual([[1], [2, 3, 4]]);
  const late = call(5);
  await end();
  expect(batches).toEqual([[1], [2, 3, 4], [5]]);
  await end();
  expect(await Promise.all([...calls, late])).toEqual([1, 2, 3, 4, 5].map((n) => `done ${n}`));
});

test("a call after everything is done goes at once again", async () => {
  const { call, batches, end } = byHand();
  const first = call(1);
  await end();
  await first;
  void call(2);
  expect(batches).toEqual([[1], [2]]);
});

test("each caller is answered only when its whole batch is done", async () => {
  const { call, end } = byHand();
  const answered: number[] = [];
  for (const item of [1, 2, 3]) void call(item).then(() => answered.push(item));
  await end();
  expect(answered).toEqual([1]);
  await end();
  expect(answered).toEqual([1, 2, 3]);
});

test("one bad item fails alone, and its neighbours are done", async () => {
  const call = gather(async (items: number[]) => {
    if (items.includes(3)) throw new Error("three is bad");
    return items.map((item) => item * 10);
  });
  const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => call(item)));
  expect(settled.map((one) => (one.status === "fulfilled" ? one.value : one.reason))).toEqual([
    10,
    20,
    new Error("three is bad"),
    40,
  ]);
});

test("a single bad item is run once", async () => {
  let runs = 0;
  const call = gather(async (): Promise<number[]> => {
    runs += 1;
    throw new Error("bad");
  });
  await expect(call(1)).rejects.toThrow("bad");
  expect(runs).toBe(1);
});

test("batches are bounded, in order, and lose nothing", async () => {
  const sizes: number[] = [];
  const call = gather(async (items: number[]) => {
    sizes.push(items.length);
    await setImmediate();
    return items;
  });
  const items = Array.from({ length: 1000 }, (_, index) => index);
  expect(await Promise.all(items.map((item) => call(item)))).toEqual(items);
  expect(sizes).toEqual([1, 200, 200, 200, 200, 199]);
});

test("beyond what can be served in time a call is refused, and the others are not harmed", async () => {
  const { call, end } = byHand();
  const first = call(0);
  const waiting = Array.from({ length: 10_000 }, (_, index) => call(index));
  await expect(call(1)).rejects.toThrow(TooManyWaiting);
  await end();
  expect(await first).toBe("done 0");
  const next = call(2);
  for (let batch = 0; batch <= 51; batch++) await end();
  expect(await Promise.all(waiting)).toHaveLength(10_000);
  expect(await next).toBe("done 2");
});
