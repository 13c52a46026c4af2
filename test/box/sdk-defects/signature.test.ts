import { createHmac } from "node:crypto";
import { WebhooksManager } from "box-typescript-sdk-gen/managers";
import { expect, test } from "vitest";
import { verifySignature } from "../../../src/box/signature.ts";

const KEY = "SamplePrimaryKey";
const BODY = '{"type":"webhook_event","id":"1"}';

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const sign = (key: string, body: string, timestamp: string) =>
  createHmac("sha256", key).update(body).update(timestamp).digest("base64");

interface Given {
  body?: string;
  key?: string;
  timestamp?: string;
  headers?: Record<string, string>;
}

/** What both say of one delivery; `throws` when there is no verdict. */
async function verdicts({ body = BODY, key = KEY, ...given }: Given) {
  const timestamp = given.timestamp ?? inMs(0);
  const headers = given.headers ?? {
    "box-delivery-timestamp": timestamp,
    "box-signature-version": "1",
    "box-signature-algorithm": "HmacSHA256",
    "box-signature-primary": sign(key, body, timestamp),
  };
  const sdk = await WebhooksManager.validateMessage(body, headers, key).catch(() => "throws");
  const ours = verifySignature({
    body: Buffer.from(body),
    headers: new Headers(headers),
    keys: { primary: key, secondary: undefined },
    now: new Date(),
  });
  return { sdk, ours };
}

test("a delivery of Box's: both accept it", async () => {
  expect(await verdicts({})).toEqual({ sdk: true, ours: { valid: true } });
});

test("a clock of Box's 3 s ahead of ours: the SDK refuses the delivery; ours accepts it", async () => {
  const timestamp = inMs(3_000);
  expect(await verdicts({ timestamp })).toEqual({ sdk: false, ours: { valid: true } });
});

test("an account without a key: the SDK accepts a forgery signed with nothing; ours refuses", async () => {
  expect(await verdicts({ key: "" })).toEqual({
    sdk: true,
    ours: { valid: false, reason: "no key" },
  });
});

test("a timestamp that is no date: the SDK skips the age and accepts a delivery of any age; ours refuses", async () => {
  expect(await verdicts({ timestamp: "yesterday" })).toEqual({
    sdk: true,
    ours: { valid: false, reason: "no readable timestamp" },
  });
});

test("no timestamp: the SDK throws; ours refuses with the reason", async () => {
  const headers = {
    "box-signature-version": "1",
    "box-signature-algorithm": "HmacSHA256",
    "box-signature-primary": sign(KEY, BODY, ""),
  };
  expect(await verdicts({ headers })).toEqual({
    sdk: "throws",
    ours: { valid: false, reason: "no readable timestamp" },
  });
});

test("header names as Box's documents spell them: the SDK does not find them; ours does", async () => {
  const timestamp = inMs(0);
  const headers = {
    "BOX-DELIVERY-TIMESTAMP": timestamp,
    "BOX-SIGNATURE-VERSION": "1",
    "BOX-SIGNATURE-ALGORITHM": "HmacSHA256",
    "BOX-SIGNATURE-PRIMARY": sign(KEY, BODY, timestamp),
  };
  expect(await verdicts({ headers })).toEqual({ sdk: false, ours: { valid: true } });
});

test("a body unescaped on its way, against the signature of the escaped one: both accept it, as both spell one value", async () => {
  const timestamp = inMs(0);
  const headers = {
    "box-delivery-timestamp": timestamp,
    "box-signature-version": "1",
    "box-signature-algorithm": "HmacSHA256",
    "box-signature-primary": sign(KEY, String.raw`{"name":"\u30b9"}`, timestamp),
  };
  expect(await verdicts({ body: '{"name":"ス"}', headers })).toEqual({
    sdk: true,
    ours: { valid: true },
  });
});
