import { expect, test } from "vitest";
import { fileId } from "../../../src/core/ids.ts";
import { sendJson } from "../box-server.ts";
import { type Reply, startBoth } from "./both.ts";

const FILE = fileId("400001");

const refuse =
  (status: number, retryAfter = "7"): Reply =>
  (_request, response) =>
    response.writeHead(status, { "retry-after": retryAfter }).end();

test("Retry-After of a 429: the SDK does not find the header and asks five times; ours asks once and says how long", async () => {
  const theirs = await startBoth(refuse(429));
  await expect(theirs.sdk.files.getFileById("400001")).rejects.toThrow("429");
  expect(theirs.seen).toHaveLength(5);
  expect(Math.max(...theirs.sdkWaits())).toBeLessThan(1);

  const { ours, seen } = await startBoth(refuse(429));
  await expect(ours.file(FILE)).rejects.toMatchObject({ kind: "throttled", retryAfterMs: 7000 });
  expect(seen).toHaveLength(1);
});

test("Retry-After as a date: the SDK does not read it; ours does", async () => {
  const { sdk, ours, sdkWaits } = await startBoth(
    refuse(503, new Date(Date.now() + 3_600_000).toUTCString()),
  );
  await expect(sdk.files.getFileById("400001")).rejects.toThrow("503");
  expect(Math.max(...sdkWaits())).toBeLessThan(1);
  const failure = await ours.file(FILE).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: "transient" });
  expect((failure as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(3_500_000);
});

test("retries a thousand times too soon: fixed in the pinned SDK, which waits in seconds", async () => {
  const { sdk, sdkWaits } = await startBoth(refuse(500));
  await expect(sdk.files.getFileById("400001")).rejects.toThrow("500");
  // At the first wait of a millisecond that these tests set; by default it is a second.
  const [first = 0, , , last = 0] = sdkWaits();
  expect(first * 1000).toBeGreaterThanOrEqual(1);
  expect(last * 1000).toBeGreaterThanOrEqual(8);
});

test("a trouble that lasts: the SDK makes 5 calls of one and 3 when cut off; ours 1, and the next is decided in a row", async () => {
  const failing = await startBoth(refuse(500));
  await expect(failing.sdk.files.getFileById("400001")).rejects.toThrow();
  expect(failing.seen.splice(0)).toHaveLength(5);
  await expect(failing.ours.file(FILE)).rejects.toMatchObject({ kind: "transient" });
  expect(failing.seen).toHaveLength(1);

  const cut = await startBoth((_request, response) => void response.destroy());
  await expect(cut.sdk.files.getFileById("400001")).rejects.toThrow();
  expect(cut.seen.splice(0)).toHaveLength(3);
  await expect(cut.ours.file(FILE)).rejects.toMatchObject({ kind: "transient" });
  expect(cut.seen).toHaveLength(1);
});

test("connections: the SDK opens one for each call; ours keeps them", async () => {
  const user: Reply = (_request, response) => sendJson(response, { type: "user", id: "1" });
  const theirs = await startBoth(user);
  for (let call = 0; call < 5; call++) await theirs.sdk.users.getUserMe();
  expect(theirs.connections()).toBe(5);
  const { ours, connections } = await startBoth(user);
  for (let call = 0; call < 5; call++) await ours.whoAmI();
  expect(connections()).toBe(1);
});
