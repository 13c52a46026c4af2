import { createHmac, timingSafeEqual } from "node:crypto";

import { timeOf } from "./json.ts";

export interface SignedRequest {
  /** Exactly the bytes that came. */
  body: Uint8Array;
  headers: { get(name: string): string | null | undefined };
  /** The application's two keys; one that is absent or blank matches nothing. */
  keys: { primary: string | undefined; secondary: string | undefined };
  now: Date;
}

export type Verification =
  | { valid: true }
  | {
      valid: false;
      reason:
        | "no key"
        | "unknown signature version"
        | "unknown signature algorithm"
        | "no readable timestamp"
        | "too old"
        | "from the future"
        | "wrong signature";
    };

/** Box: a delivery older than this is not to be believed. */
const OLDEST_MS = 10 * 60 * 1000;

/** How far Box's clock may run ahead of ours. */
const FUTURE_MS = 2 * 60 * 1000;

/**
 * Whether Box signed this delivery, lately, with one of the application's keys
 * (https://developer.box.com/guides/webhooks/v2/signatures-v2/).
 *
 * A signature is the HMAC-SHA256 of the body followed by the timestamp header, in base64. Box signs
 * the JSON as its own PHP wrote it, in ASCII with escaped slashes. Two forms of a body can therefore
 * match, and no third: the bytes as received, and those bytes escaped that way, for a body that a
 * proxy unescaped on its way. Both spell the same JSON value. Each key is compared with its own
 * header only, and all of them are always compared. The delivery may still be a replay: that is
 * for the event id to tell.
 */
export function verifySignature({ body, headers, keys, now }: SignedRequest): Verification {
  const refuse = (reason: Extract<Verification, { valid: false }>["reason"]): Verification => ({
    valid: false,
    reason,
  });
  if (!isKey(keys.primary) && !isKey(keys.secondary)) return refuse("no key");
  if (headers.get("box-signature-version") !== "1") return refuse("unknown signature version");
  if (headers.get("box-signature-algorithm") !== "HmacSHA256")
    return refuse("unknown signature algorithm");

  const timestamp = headers.get("box-delivery-timestamp") ?? "";
  const sentAt = timeOf(timestamp);
  if (sentAt === undefined) return refuse("no readable timestamp");
  const ageMs = now.getTime() - sentAt.getTime();
  if (ageMs > OLDEST_MS) return refuse("too old");
  if (ageMs < -FUTURE_MS) return refuse("from the future");

  const forms = isEscaped(body) ? [body] : [body, escaped(body)];
  const matches = (["primary", "secondary"] as const).flatMap((name) =>
    forms.map((form) => {
      const key = keys[name];
      const given = headers.get(`box-signature-${name}`) ?? "";
      return isKey(key) && isEqual(given, sign(key, form, timestamp));
    }),
  );
  return matches.includes(true) ? { valid: true } : refuse("wrong signature");
}

/** HMAC takes an empty key without a word, and then anybody can sign. */
function isKey(key: string | undefined): key is string {
  return key !== undefined && key.trim() !== "";
}

function sign(key: string, body: Uint8Array, timestamp: string) {
  return createHmac("sha256", key).update(body).update(timestamp).digest("base64");
}

/** Compares the base64 text itself: decoding first would let other spellings through. */
function isEqual(given: string, expected: string) {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** As Box sends it: both forms are the same bytes. */
const isEscaped = (body: Uint8Array) =>
  !UNESCAPED.test(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"));
const UNESCAPED = /[\u007f-\u00ff]|(?<!\\)\//;

/**
 * The body as Box's SDKs escape it before signing: everything from U+007F on as `\u` and four
 * lower-case digits, and every slash as `\/` unless a backslash precedes it. A body that is not
 * UTF-8 has no such form, and stays as it is.
 */
function escaped(body: Uint8Array): Uint8Array {
  const text = decode(body);
  if (text === undefined) return body;
  const ascii = text
    .replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    )
    .replaceAll(/(?<!\\)\//g, "\\/");
  return Buffer.from(ascii);
}

function decode(body: Uint8Array) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}
