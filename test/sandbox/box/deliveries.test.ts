import { afterEach, beforeEach, expect, test } from "vitest";
import { WebhooksManager } from "box-typescript-sdk-gen/managers";
import type { Item } from "../../../sandbox/box/items.ts";
import { freshBox, type Ground } from "./client.ts";
import { startReceiver } from "./receiver.ts";

let ground: Ground;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
/** Watched for uploads. */
let here: Item;
beforeEach(async () => {
  ground = await freshBox({ watch: false });
  ground.box.faults.settings.retryScheduleMs = [1, 1, 1];
  receiver = await startReceiver();
  here = await account().createFolder({ parentId: "0", name: "here" });
  await fetch(`${ground.box.url}/2.0/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${ground.box.developerToken()}` },
    body: JSON.stringify({
      target: { id: here.id, type: "folder" },
      address: receiver.url,
      triggers: ["FILE.UPLOADED"],
    }),
  });
});
afterEach(async () => {
  await ground.remove();
  receiver.close();
});

const account = () => ground.box.account;

test("a refused delivery comes again with the same body id and a delivery id of its own", async () => {
  receiver.answerWith(() => (receiver.received.length < 3 ? 503 : 200));
  await account().upload({ parentId: here.id, name: "a", bytes: "1" });
  await ground.box.idle();
  expect(receiver.received).toHaveLength(3);
  expect(new Set(receiver.received.map(({ body }) => body.id)).size).toBe(1);
  expect(new Set(receiver.received.map(({ headers }) => headers["box-delivery-id"])).size).toBe(3);
  expect(ground.box.deliveries.map(({ status }) => status)).toEqual([503, 503, 200]);
});

test("a delivery that is never taken is given up when its schedule is used", async () => {
  receiver.answerWith(() => 500);
  await account().upload({ parentId: here.id, name: "a", bytes: "1" });
  await ground.box.idle();
  expect(receiver.received).toHaveLength(4);
});

test("what was not delivered before a stop is delivered after the next start", async () => {
  ground.box.faults.settings.retryScheduleMs = [3_600_000];
  receiver.answerWith(() => 503);
  await account().upload({ parentId: here.id, name: "a", bytes: "1" });
  await ground.stop();
  receiver.answerWith(() => 200);
  const before = receiver.received.length;

  const box = await ground.restart({ now: () => Date.now() + 7_200_000 });
  await box.idle();
  expect(receiver.received.length).toBe(before + 1);
  expect(receiver.received.at(-1)!.body.trigger).toBe("FILE.UPLOADED");
});

test.each([
  ["drop", []],
  ["double", ["a", "a"]],
  ["delay", ["a"]],
] as const)("a delivery can be arranged to %s", async (type, expected) => {
  const fault = ground.box.faults.arm({ kind: "delivery", effect: { type, ms: 1 } });
  await account().upload({ parentId: here.id, name: "a", bytes: "1" });
  await ground.box.idle();
  expect(receiver.received.map(({ body }) => body.source["name"])).toEqual(expected);
  expect(fault.consumed).toBe(true);
});

test("a delivery can be arranged to come behind the next, or wrongly signed", async () => {
  const { faults, signatureKeys } = ground.box;
  faults.arm({ kind: "delivery", effect: { type: "reorder" } });
  faults.arm({ kind: "delivery", effect: { type: "bad_signature" } });
  await account().upload({ parentId: here.id, name: "first", bytes: "1" });
  await account().upload({ parentId: here.id, name: "second", bytes: "1" });
  await ground.box.idle();
  expect(receiver.received.map(({ body }) => body.source["name"])).toEqual(["second", "first"]);
  const { primary: primaryKey, secondary: secondaryKey } = signatureKeys;
  const verdicts = await Promise.all(
    receiver.received.map(({ raw, headers }) =>
      WebhooksManager.validateMessage(raw, headers, primaryKey, { secondaryKey }),
    ),
  );
  expect(verdicts).toEqual([false, true]);
});
