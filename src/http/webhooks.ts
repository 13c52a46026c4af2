import { createHash } from "node:crypto";
import { Hono } from "hono";
import { readDelivery } from "../box/read-delivery.ts";
import { verifySignature } from "../box/signature.ts";
import type { News } from "../core/change.ts";
import { accountId, isUuid } from "../core/ids.ts";
import { deliveryKey, keepDeliveries, type ReceivedDelivery } from "../db/deliveries.ts";
import { gather } from "../db/gather.ts";
import type { Transaction } from "../db/open.ts";
import { describeError } from "../log.ts";
import { recordChanges } from "../operations/record-changes.ts";
import { acceptedSignatureKeys, type SignatureKeys } from "../operations/signature-keys.ts";
import { BodyTooLarge, readBody } from "./body.ts";
import type { HttpDeps } from "./deps.ts";
import { createHearing } from "./hear-webhooks.ts";

/** Box's bodies are a few kilobytes; a path of thousand-character names stays far below this. */
const LARGEST_BODY_BYTES = 1 << 20;

/** How long an account's keys are kept in memory: rotated keys are honoured after so long. */
const KEYS_KEPT_MS = 5_000;

type Deps = Pick<HttpDeps, "db" | "secrets" | "prefix" | "log" | "metrics">;

/** A verified delivery, read, on its way into the database. */
interface Accepted {
  row: ReceivedDelivery;
  news: News[];
}

/**
 * The webhook door, `POST /:accountId`. The raw bytes are read under a hard cap, their signature
 * is checked, and only then they are parsed. 204 means: durably kept, with every fact and debt that
 * follows from it; a duplicate is answered alike and changes nothing. Deliveries that arrive
 * together commit together.
 *
 * 401 for a wrong signature and for an account that is not ours, alike; 413 for too large a body;
 * 503 for trouble of our own, so that Box tries again. What is signed but cannot be read is kept,
 * answered 204 and shown.
 */
export function createWebhookDoor(deps: Deps): Hono {
  const keysOf = rememberKeys(deps);
  const hear = createHearing();
  const accept = gather((batch: Accepted[]) => keep(deps, hear, batch));
  const door = new Hono();

  door.post("/:accountId", async (c) => {
    const count = (outcome: string) => deps.metrics.deliveries.inc({ outcome });
    try {
      const account = c.req.param("accountId");
      const body = await readBody(c.req.raw, LARGEST_BODY_BYTES);
      const pairs = isUuid(account) ? await keysOf(account) : [];
      const headers = c.req.raw.headers;
      const now = new Date();
      const verdicts = (pairs.length > 0 ? pairs : [NO_KEYS]).map((keys) =>
        verifySignature({ body, headers, now, keys }),
      );
      const verified = verdicts.find(({ valid }) => valid) ?? verdicts[0]!;
      if (!verified.valid) {
        count("refused");
        deps.log.warn({ reason: verified.reason, "account.id": account }, "Refused a delivery");
        return c.body(null, 401);
      }
      const fresh = await accept(read(account, headers.get("box-delivery-id"), body));
      count(fresh ? "accepted" : "duplicate");
      return c.body(null, 204);
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        count("too_large");
        return c.body(null, 413);
      }
      count("failed");
      deps.log.error({ err: describeError(error) }, "Could not keep a delivery");
      return c.body(null, 503, { "retry-after": "10" });
    }
  });
  return door;
}

/** Answered alike, whether an account has no keys or is none of ours. */
const NO_KEYS: SignatureKeys = { primary: "", secondary: "" };

function rememberKeys(deps: Deps) {
  const kept = new Map<string, { keys: Promise<SignatureKeys[]>; until: number }>();
  return (account: string): Promise<SignatureKeys[]> => {
    const known = kept.get(account);
    if (known && known.until > Date.now()) return known.keys;
    // Anybody may ask for any account here; the memory of their guesses is bounded.
    if (kept.size > 1000) kept.clear();
    const keys = acceptedSignatureKeys(deps, account);
    kept.set(account, { keys, until: Date.now() + KEYS_KEPT_MS });
    keys.catch(() => kept.delete(account));
    return keys;
  };
}

function read(account: string, deliveryId: string | null, body: Uint8Array): Accepted {
  const delivery = readDelivery(body);
  const received = { accountId: account, deliveryId: deliveryId ?? undefined, body };
  if (!delivery.readable) {
    const eventId = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    const row = { ...received, webhookId: "", eventId, trigger: undefined, note: delivery.reason };
    return { news: [], row: { ...row, outcome: "unreadable" } };
  }
  const { webhookId, eventId, trigger, note, changes, happenedAt = new Date() } = delivery;
  const unrecorded = note === undefined ? "ignored" : "noted";
  const outcome = changes.length > 0 ? "recorded" : unrecorded;
  return {
    news: changes.map((change) => ({ change, asOf: happenedAt })),
    row: { ...received, webhookId, eventId, trigger, note, outcome },
  };
}

/** One transaction for the batch; answers which of its deliveries were new. */
async function keep(
  deps: Deps,
  hear: ReturnType<typeof createHearing>,
  batch: Accepted[],
): Promise<boolean[]> {
  const { kept, remember } = await deps.db.transaction(async (tx) => {
    const rows = batch.map(({ row }) => row);
    const kept = await keepDeliveries(tx, rows);
    const fresh = batch.filter(({ row }) => kept.has(deliveryKey(row)));
    await recordByAccount(tx, deps.prefix, fresh);
    const heard = fresh.map(({ row }) => row);
    return { kept, remember: await hear(tx, heard) };
  });
  remember();
  return batch.map(({ row }) => {
    // The first of a batch that brings it is new, the same again is not.
    const isNew = kept.delete(deliveryKey(row));
    if (isNew && (row.outcome === "noted" || row.outcome === "unreadable"))
      deps.log.warn(
        { "account.id": row.accountId, trigger: row.trigger, note: row.note },
        "A delivery wants a look",
      );
    return isNew;
  });
}

/** Accounts in one order in every process, so that two batches cannot wait for each other. */
async function recordByAccount(tx: Transaction, prefix: string, fresh: readonly Accepted[]) {
  const accounts = [...new Set(fresh.map(({ row }) => row.accountId))].sort();
  for (const account of accounts) {
    const news = fresh.flatMap(({ row, news }) => (row.accountId === account ? news : []));
    await recordChanges(tx, { accountId: accountId(account), door: "webhook", prefix, news });
  }
}
