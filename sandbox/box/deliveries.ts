import { createAttempts } from "./attempts.ts";
import type { Faults } from "./faults.ts";
import { countOf, type Row, type State } from "./state.ts";
import type { Webhooks } from "./webhooks.ts";
import type { Keys } from "./wire.ts";

interface Owed {
  id: number;
  webhookId: string;
  trigger: string;
  body: string;
  attempts: number;
  dueAt: number;
  /** Of a webhook that is gone; otherwise the webhook knows. */
  address: string | null;
}

interface Parts {
  state: State;
  webhooks: () => Webhooks;
  keys: () => Keys;
  faults: Faults;
  now: () => number;
  log: (line: string) => void;
}

/** The table is strict and its columns are those of Owed. */
const owedOf = (row: Row) => row as unknown as Owed;

export type Deliveries = ReturnType<typeof createDeliveries>;

/**
 * Sends what is owed to webhooks: in the order it happened as far as retries allow, a bounded
 * number at once, again after a failure, and after a restart what was not sent before.
 */
export function createDeliveries({ state, webhooks, keys, faults, now, log }: Parts) {
  const inFlight = new Map<number, Promise<void>>();
  /** Waiting until another one has gone first, or somebody waits for all to be gone. */
  const held = new Set<number>();
  const stop = new AbortController();
  const { attempts, attempt } = createAttempts({ faults, now, signal: stop.signal });
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let asked = false;

  const count = () => state.one(countOf, "select count(*) as count from deliveries")!;
  const forget = (id: number) => state.run("delete from deliveries where id = ?", id);
  const postpone = (id: number, dueAt: number) =>
    state.run("update deliveries set dueAt = ? where id = ?", dueAt, id);

  function wake() {
    if (asked || stop.signal.aborted) return;
    asked = true;
    setImmediate(() => {
      asked = false;
      if (!stop.signal.aborted) pump();
    });
  }

  function pump() {
    clearTimeout(timer);
    const { deliveryConcurrency } = faults.settings;
    const due = state
      .all(
        owedOf,
        "select * from deliveries order by dueAt, id limit ?",
        deliveryConcurrency + inFlight.size + held.size + 1,
      )
      .filter(({ id }) => !inFlight.has(id) && !held.has(id));
    for (const row of due) {
      if (row.dueAt > now() || inFlight.size >= deliveryConcurrency) break;
      const done = deliver(row).finally(() => {
        inFlight.delete(row.id);
        wake();
      });
      inFlight.set(row.id, done);
    }
    const next = due.find(({ id }) => !inFlight.has(id));
    if (next && next.dueAt > now()) timer = setTimeout(wake, Math.min(next.dueAt - now(), 60_000));
    if (inFlight.size > 0) return;
    if (held.size > 0 && waiting.length > 0) {
      // Somebody waits for the end, and nothing else is left that could go first.
      held.clear();
      wake();
    } else if (count() === 0) {
      for (const resolve of waiting) resolve();
      waiting = [];
    }
  }

  async function deliver(row: Owed) {
    const effect = faults.take("delivery", row.trigger);
    if (effect?.type === "drop") return forget(row.id);
    if (effect?.type === "delay") return postpone(row.id, now() + effect.ms);
    if (effect?.type === "reorder") return void held.add(row.id);
    const address = row.address ?? webhooks().find(row.webhookId)?.address;
    if (address === undefined) return forget(row.id);

    const signed = effect?.type === "bad_signature" ? WRONG_KEYS : keys();
    if (effect?.type === "double") await attempt(row, address, signed);
    const status = await attempt(row, address, signed);
    if (stop.signal.aborted) return;
    held.clear();
    if (status !== undefined && status >= 200 && status < 300) return forget(row.id);
    const wait = faults.settings.retryScheduleMs[row.attempts];
    if (wait === undefined) {
      log(`Gave up a ${row.trigger} delivery of webhook ${row.webhookId}`);
      return forget(row.id);
    }
    state.run("update deliveries set attempts = attempts + 1 where id = ?", row.id);
    postpone(row.id, now() + wait);
  }

  return {
    attempts,
    wake,
    /** How many are owed, those under way among them. */
    owed: count,
    /** Resolves when none is owed. */
    idle: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        wake();
      }),
    async close() {
      stop.abort();
      clearTimeout(timer);
      await Promise.allSettled(inFlight.values());
      for (const resolve of waiting) resolve();
    },
  };
}

const WRONG_KEYS: Keys = { primary: "not the primary key", secondary: "not the secondary key" };
