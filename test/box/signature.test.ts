import { createHmac } from "node:crypto";

import * as fc from "../support/dice.ts";
import { describe, expect, it } from "vitest";

import { verifySignature } from "../../src/box/signature.ts";
import { SKELETON, VECTORS } from "./signature-vectors.ts";

const TIMESTAMP = "2020-01-01T00:00:00-07:00";
const KEYS = { primary: "SamplePrimaryKey", secondary: "SampleSecondaryKey" };
const WRONG = "IncorrectKey";
const NONE = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const MINUTE_MS = 60_000;

function verify(
  body: string | Uint8Array,
  headers: Record<string, string>,
  {
    keys = KEYS as { primary: string | undefined; secondary: string | undefined },
    lateMs = 0,
  } = {},
) {
  const all = new Headers({
    "BOX-DELIVERY-TIMESTAMP": TIMESTAMP,
    "BOX-SIGNATURE-VERSION": "1",
    "BOX-SIGNATURE-ALGORITHM": "HmacSHA256",
    ...headers,
  });
  const sentAt = Date.parse(all.get("box-delivery-timestamp") ?? "") || Date.parse(TIMESTAMP);
  return verifySignature({
    body: typeof body === "string" ? Buffer.from(body) : body,
    headers: all,
    keys,
    now: new Date(sentAt + lateMs),
  });
}

const sign = (body: string | Uint8Array, key = KEYS.primary, timestamp = TIMESTAMP) =>
  createHmac("sha256", key).update(body).update(timestamp).digest("base64");

const wrongSignature = { valid: false, reason: "wrong signature" };

describe.each(VECTORS)("Box's published example: $name", (vector) => {
  const { body, length, primary, secondary, keys = KEYS, timestamp = TIMESTAMP } = vector;
  const at = { "BOX-DELIVERY-TIMESTAMP": timestamp };

  it("is the published body", () => expect(Buffer.byteLength(body)).toBe(length));

  it("is accepted by its primary signature alone", () => {
    const headers = { ...at, "BOX-SIGNATURE-PRIMARY": primary };
    expect(verify(body, headers, { keys })).toEqual({ valid: true });
    expect(verify(body, headers, { keys: { ...keys, secondary: WRONG } })).toEqual({ valid: true });
  });

  it("is accepted by its secondary signature alone", () => {
    const published = secondary ?? sign(body, keys.secondary, timestamp);
    const headers = { ...at, "BOX-SIGNATURE-PRIMARY": NONE, "BOX-SIGNATURE-SECONDARY": published };
    expect(verify(body, headers, { keys })).toEqual({ valid: true });
    expect(verify(body, headers, { keys: { ...keys, primary: WRONG } })).toEqual({ valid: true });
  });

  it("is refused when neither key is ours", () => {
    const headers = {
      ...at,
      "BOX-SIGNATURE-PRIMARY": primary,
      ...(secondary ? { "BOX-SIGNATURE-SECONDARY": secondary } : {}),
    };
    const wrong = { primary: WRONG, secondary: WRONG };
    expect(verify(body, headers, { keys: wrong })).toEqual(wrongSignature);
  });

  it.each([20 * MINUTE_MS, -20 * MINUTE_MS])("is refused %d ms after it was sent", (lateMs) => {
    const headers = { ...at, "BOX-SIGNATURE-PRIMARY": primary };
    expect(verify(body, headers, { keys, lateMs }).valid).toBe(false);
  });

  it("is refused under another version or algorithm", () => {
    const headers = { ...at, "BOX-SIGNATURE-PRIMARY": primary };
    expect(verify(body, { ...headers, "BOX-SIGNATURE-VERSION": "2" }, { keys })).toEqual({
      valid: false,
      reason: "unknown signature version",
    });
    for (const algorithm of ["HmacSHA1", "hmacsha256", ""])
      expect(verify(body, { ...headers, "BOX-SIGNATURE-ALGORITHM": algorithm }, { keys })).toEqual({
        valid: false,
        reason: "unknown signature algorithm",
      });
  });
});

describe("the form of the body", () => {
  // Box's older SDKs refuse this one, and its newer ones accept it. A proxy may have rewritten the
  // JSON, and both forms spell the same value.
  it("may be unescaped where Box signed the escaped one", () => {
    const japanese = VECTORS[1]!;
    const unescaped = JSON.stringify(JSON.parse(japanese.body));
    expect(unescaped).toContain("スクリーンショット");
    expect(verify(unescaped, { "BOX-SIGNATURE-PRIMARY": japanese.primary }).valid).toBe(true);
    const slashes = VECTORS[6]!;
    const bare = JSON.stringify(JSON.parse(slashes.body));
    expect(verify(bare, { "BOX-SIGNATURE-PRIMARY": slashes.primary }).valid).toBe(true);
  });

  it("may not be escaped where Box signed the bare one", () => {
    const signature = sign(SKELETON("é"));
    expect(verify(SKELETON("é"), { "BOX-SIGNATURE-PRIMARY": signature }).valid).toBe(true);
    const escaped = SKELETON(String.raw`\u00e9`);
    expect(verify(escaped, { "BOX-SIGNATURE-PRIMARY": signature })).toEqual(wrongSignature);
  });

  it("is never a third: upper-case digits, spaces, a byte order mark, re-ordered fields", () => {
    const signature = sign(String.raw`{"a":"\u00e9","b":1}`);
    const headers = { "BOX-SIGNATURE-PRIMARY": signature };
    expect(verify(`{"a":"é","b":1}`, headers).valid).toBe(true);
    for (const body of [
      String.raw`{"a":"\u00E9","b":1}`,
      `{"a": "é","b":1}`,
      `\uFEFF{"a":"é","b":1}`,
      `{"b":1,"a":"é"}`,
    ])
      expect(verify(body, headers)).toEqual(wrongSignature);
  });

  it("as received may be any bytes, but bytes that are not UTF-8 have no escaped form", () => {
    const bytes = Uint8Array.of(0x7b, 0xff, 0x7d);
    expect(verify(bytes, { "BOX-SIGNATURE-PRIMARY": sign(bytes) }).valid).toBe(true);
    const replaced = sign(String.raw`{\ufffd}`);
    expect(verify(bytes, { "BOX-SIGNATURE-PRIMARY": replaced })).toEqual(wrongSignature);
  });

  it("never changes what is read: an accepted body spells the signed value or is no JSON", () => {
    fc.assert(
      fc.property(fc.json(), (sent) => {
        // What Box would have signed, had `sent` reached us unescaped.
        const signed = sent
          .replaceAll(
            /[\u007f-\uffff]/g,
            (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
          )
          .replaceAll(/(?<!\\)\//g, "\\/");
        expect(verify(sent, { "BOX-SIGNATURE-PRIMARY": sign(signed) }).valid).toBe(true);
        expect(JSON.parse(signed)).toEqual(JSON.parse(sent));
      }),
    );
  });
});

describe("the keys", () => {
  const body = SKELETON("Test.txt");

  it("never match when empty, blank or missing, though anybody can sign with an empty key", () => {
    for (const key of ["", " ", undefined]) {
      const forged = { "BOX-SIGNATURE-PRIMARY": sign(body, key ?? "") };
      const both = { primary: key, secondary: key };
      expect(verify(body, forged, { keys: both })).toEqual({ valid: false, reason: "no key" });
      const first = { primary: key, secondary: KEYS.secondary };
      expect(verify(body, forged, { keys: first })).toEqual(wrongSignature);
    }
  });

  it("work alone while the other is being rotated", () => {
    const keys = { primary: undefined, secondary: KEYS.secondary };
    const headers = { "BOX-SIGNATURE-SECONDARY": sign(body, KEYS.secondary) };
    expect(verify(body, headers, { keys })).toEqual({ valid: true });
  });

  it("are compared with their own header only", () => {
    const swapped = {
      "BOX-SIGNATURE-PRIMARY": sign(body, KEYS.secondary),
      "BOX-SIGNATURE-SECONDARY": sign(body, KEYS.primary),
    };
    expect(verify(body, swapped)).toEqual(wrongSignature);
  });
});

describe("the timestamp", () => {
  const body = SKELETON("Test.txt");
  const signed = { "BOX-SIGNATURE-PRIMARY": sign(body) };

  it.each([
    [10 * MINUTE_MS, { valid: true }],
    [10 * MINUTE_MS + 1, { valid: false, reason: "too old" }],
    [-2 * MINUTE_MS, { valid: true }],
    [-2 * MINUTE_MS - 1, { valid: false, reason: "from the future" }],
  ])("%d ms ago gives %o", (lateMs, expected) => {
    expect(verify(body, signed, { lateMs })).toEqual(expected);
  });

  it("is bound by the signature", () => {
    const moved = { ...signed, "BOX-DELIVERY-TIMESTAMP": "2020-01-01T00:00:01-07:00" };
    expect(verify(body, moved)).toEqual(wrongSignature);
  });

  it.each([
    "",
    "now",
    "2020",
    "1577862000",
    "Wed, 01 Jan 2020 07:00:00 GMT",
    "2020-13-01T00:00:00Z",
  ])("%o is refused, signed or not", (timestamp) => {
    const headers = {
      "BOX-DELIVERY-TIMESTAMP": timestamp,
      "BOX-SIGNATURE-PRIMARY": sign(body, KEYS.primary, timestamp),
    };
    expect(verify(body, headers)).toEqual({ valid: false, reason: "no readable timestamp" });
  });

  it("is required", () => {
    const verification = verifySignature({
      body: Buffer.from(body),
      headers: {
        get: (name) =>
          ({
            "box-signature-version": "1",
            "box-signature-algorithm": "HmacSHA256",
            "box-signature-primary": sign(body, KEYS.primary, ""),
          })[name] ?? null,
      },
      keys: KEYS,
      now: new Date(),
    });
    expect(verification).toEqual({ valid: false, reason: "no readable timestamp" });
  });
});

function flipped(bytes: Uint8Array, bit: number) {
  const changed = Uint8Array.from(bytes);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

describe("tampering", () => {
  const body = Buffer.from(VECTORS[1]!.body);
  const signature = VECTORS[1]!.primary;

  it("with any one bit of the body is refused", () => {
    for (let bit = 0; bit < body.length * 8; bit++)
      expect(verify(flipped(body, bit), { "BOX-SIGNATURE-PRIMARY": signature })).toEqual(
        wrongSignature,
      );
  });

  it("with any one bit of any body at all is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), (bytes, at) => {
        const headers = { "BOX-SIGNATURE-PRIMARY": sign(bytes) };
        expect(verify(bytes, headers)).toEqual({ valid: true });
        expect(verify(flipped(bytes, at % (bytes.length * 8)), headers)).toEqual(wrongSignature);
      }),
    );
  });

  it("with any one character of the signature is refused", () => {
    const characters = "ABCabc019+/=-_ ".split("");
    fc.assert(
      fc.property(fc.nat(signature.length - 1), fc.constantFrom(...characters), (at, character) => {
        fc.pre(signature[at] !== character);
        const changed = signature.slice(0, at) + character + signature.slice(at + 1);
        expect(verify(body, { "BOX-SIGNATURE-PRIMARY": changed })).toEqual(wrongSignature);
      }),
    );
  });

  it("by cutting, adding to or leaving out the signature is refused", () => {
    for (const changed of [
      signature.slice(0, -1),
      `${signature}=`,
      `${signature}, ${signature}`,
      "",
    ])
      expect(verify(body, { "BOX-SIGNATURE-PRIMARY": changed })).toEqual(wrongSignature);
    expect(verify(body, {})).toEqual(wrongSignature);
  });
});
