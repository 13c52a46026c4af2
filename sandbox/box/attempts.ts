import type { Faults } from "./faults.ts";
import { deliveryHeaders, type Keys } from "./wire.ts";

/** One request to a webhook's address. */
export interface Attempt {
  webhookId: string;
  trigger: string;
  /** The delivery's own header, new on every attempt. */
  deliveryId: string;
  body: string;
  headers: Record<string, string>;
  /** `undefined` when no answer came. */
  status: number | undefined;
  attempt: number;
}

/** What is sent, and how often it was before. */
interface Sent {
  webhookId: string;
  trigger: string;
  body: string;
  attempts: number;
}

interface Parts {
  faults: Faults;
  now: () => number;
  /** Ends what is under way. */
  signal: AbortSignal;
}

/** Attempts remembered for tests and people. */
const REMEMBERED = 10_000;

/** Signs and sends deliveries, one request each time, and keeps the last of them for whoever looks. */
export function createAttempts({ faults, now, signal: stopped }: Parts) {
  const attempts: Attempt[] = [];

  /** Answers the status; undefined when no answer came, or none in time. */
  async function attempt(
    { webhookId, trigger, body, attempts: before }: Sent,
    url: string,
    keys: Keys,
  ) {
    const headers = deliveryHeaders(body, now(), keys);
    const status = await post(url, headers, body);
    const deliveryId = headers["box-delivery-id"]!;
    attempts.push({ webhookId, trigger, deliveryId, body, headers, status, attempt: before + 1 });
    if (attempts.length > REMEMBERED) attempts.shift();
    return status;
  }

  async function post(url: string, headers: Record<string, string>, body: string) {
    const signal = AbortSignal.any([
      stopped,
      AbortSignal.timeout(faults.settings.deliveryTimeoutMs),
    ]);
    try {
      const request = { method: "POST", headers, body, signal, redirect: "manual" } as const;
      const response = await fetch(url, request);
      await response.arrayBuffer();
      return response.status;
    } catch {
      return undefined;
    }
  }

  return { attempts, attempt };
}
