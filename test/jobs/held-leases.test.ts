import { expect, test } from "vitest";
import { createHeldLeases } from "../../src/jobs/held-leases.ts";

test("what two jobs work at a time is held until the last of them has ended, however it ends", async () => {
  const held = createHeldLeases();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const both = [first, second].map(({ promise }) => held.during("objects", 7, () => promise));
  expect(held.of("objects")).toEqual([7]);
  expect(held.of("checks")).toEqual([]);
  first.reject(new Error("the first failed"));
  await expect(both[0]).rejects.toThrow("the first failed");
  expect(held.of("objects")).toEqual([7]);
  second.resolve();
  await both[1];
  expect(held.of("objects")).toEqual([]);
});
