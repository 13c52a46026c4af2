import { doubtWebhooks, knownWebhooks, markHeard, type NamedWebhook } from "../db/webhooks.ts";
import type { Transaction } from "../db/open.ts";
import { enqueue } from "../operations/enqueue.ts";

/** `heardAt` is kept to the minute: a busy webhook costs its row one write a minute, not one a delivery. */
const HEARD_FOR_MS = 60_000;

/** Anybody's own webhooks are far fewer; the memory is bounded all the same. */
const MOST_REMEMBERED = 10_000;

/** What Box says instead of what happened: that it removed the webhook, or cannot describe events to it. */
const REMOVED = "WEBHOOK.DELETED";
const MUTE = "NO_ACTIVE_SESSION";

export interface Heard extends NamedWebhook {
  trigger: string | undefined;
}

/**
 * What deliveries say of the webhooks they came through. One that delivers is noted, at most once a
 * minute and process; one that says it is removed or mute, or that we do not know, makes the
 * account's webhooks due to be compared with Box at once.
 */
export function createHearing() {
  const until = new Map<string, number>();

  /**
   * To be called in the transaction that keeps the deliveries; what it answers, after its commit.
   * Most batches cost no statement.
   */
  return async (tx: Transaction, heard: readonly Heard[]): Promise<() => void> => {
    const now = Date.now();
    const alarms = heard.filter(({ trigger }) => trigger === REMOVED || trigger === MUTE);
    const news = new Map(
      heard
        .filter((one) => !alarms.includes(one) && one.webhookId !== "")
        .map((one) => [`${one.accountId} ${one.webhookId}`, one]),
    );
    for (const key of news.keys()) if ((until.get(key) ?? 0) > now) news.delete(key);
    if (alarms.length === 0 && news.size === 0) return () => {};

    const known = await knownWebhooks(tx, [...news.values()]);
    const ours = new Set(known.map((one) => `${one.accountId} ${one.webhookId}`));
    const strangers = [...news].filter(([key]) => !ours.has(key)).map(([, one]) => one);
    // Doubts first: they wait for locks in one order, and what is noted as heard waits for none.
    const doubts = [...alarms, ...strangers].map((one) => ({
      ...one,
      removed: one.trigger === REMOVED,
    }));
    if (doubts.length > 0)
      for (const accountId of await doubtWebhooks(tx, doubts))
        await enqueue(tx, [{ task: "keep_webhooks", payload: { accountId } }]);
    if (known.length > 0) await markHeard(tx, known);
    return () => {
      if (until.size > MOST_REMEMBERED) until.clear();
      for (const key of news.keys()) until.set(key, now + HEARD_FOR_MS);
    };
  };
}
