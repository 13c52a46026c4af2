import { createHmac, randomUUID } from "node:crypto";
import { boxTime } from "./clock.ts";

/**
 * JSON as Box's servers write it: everything beyond ASCII as `\uXXXX` in lower case, and slashes
 * escaped. The signature is over these very bytes.
 */
export function phpJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/\//g, "\\/")
    .replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

/** HMAC-SHA256 over the body followed by the timestamp, in base64. */
export const sign = (body: string, timestamp: string, key: string) =>
  createHmac("sha256", key).update(body).update(timestamp).digest("base64");

/**
 * The headers of one attempt: its own id and time, and a signature for each of the application's
 * two keys. https://developer.box.com/guides/webhooks/v2/signatures-v2/
 */
export function deliveryHeaders(body: string, now: number, keys: Keys): Record<string, string> {
  const timestamp = boxTime(now);
  return {
    "content-type": "application/json; charset=utf-8",
    "user-agent": "Box-WH-Client/0.1",
    "box-delivery-id": randomUUID(),
    "box-delivery-timestamp": timestamp,
    "box-signature-primary": sign(body, timestamp, keys.primary),
    "box-signature-secondary": sign(body, timestamp, keys.secondary),
    "box-signature-version": "1",
    "box-signature-algorithm": "HmacSHA256",
  };
}

export interface Keys {
  primary: string;
  secondary: string;
}
