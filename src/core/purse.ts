/** What may wait (`backfill`) goes after what is new. */
export type Urgency = "news" | "backfill";
export const URGENCIES = ["news", "backfill"] as const satisfies Urgency[];

/** What part of a month's calls backfills may use: the last tenth is kept for news. */
export const BACKFILL_SHARE = 0.9;

/** In whose name a call is made. Those of one urgency take turns by key, whoever came first. */
export interface Turn {
  urgency: Urgency;
  key: string;
}

/** Calls that were leased: each may be made from its moment on, for `GOOD_FOR_MS`. The earliest stands first. */
export interface CallLease {
  urgency: Urgency;
  momentsMs: readonly number[];
}

/**
 * For so long a leased call is good. Short, because a call that is made later than it was leased for is
 * one more in some other minute.
 */
export const GOOD_FOR_MS = 900;

export type Purse<Waiter> = ReturnType<typeof createPurse<Waiter>>;

/**
 * One process's part of a budget: the calls that it has leased and those who wait for one. It never
 * gives out more than was put in, nor before or long after its moment; times are the caller's.
 */
export function createPurse<Waiter>() {
  const lines = { news: createLine<Waiter>(), backfill: createLine<Waiter>() };
  const leased: Record<Urgency, number[]> = { news: [], backfill: [] };
  const spent: Record<Urgency, number[]> = { news: [], backfill: [] };
  let unspent = 0;

  /** Calls leased for this urgency, and those leased for what must stand back behind it. */
  const usable = (urgency: Urgency) =>
    urgency === "news" ? [leased.news, leased.backfill] : [leased.backfill];

  function expire(nowMs: number) {
    for (const urgency of URGENCIES) {
      const good = leased[urgency].filter((atMs) => atMs + GOOD_FOR_MS > nowMs);
      unspent += leased[urgency].length - good.length;
      leased[urgency] = good;
    }
  }

  /** What news has taken from the backfill it gives back out of its own, or that would expire unused. */
  function swap() {
    const own = leased.news.shift();
    if (own === undefined) return;
    leased.backfill.push(own);
    leased.backfill.sort((a, b) => a - b);
  }

  return {
    join: (turn: Turn, waiter: Waiter) => lines[turn.urgency].join(turn.key, waiter),
    /** False for one that has left already, or was served. */
    leave: (turn: Turn, waiter: Waiter) => lines[turn.urgency].leave(turn.key, waiter),
    /** Everybody of an urgency leaves. */
    dismiss: (urgency: Urgency): Waiter[] => lines[urgency].clear(),

    put({ urgency, momentsMs }: CallLease) {
      leased[urgency].push(...momentsMs);
    },

    /** Gives up what is leased: Box wants no call now. */
    drop() {
      for (const urgency of URGENCIES) unspent += leased[urgency].splice(0).length;
    },

    /** Those who may call now, the news first. */
    serve(nowMs: number): Waiter[] {
      expire(nowMs);
      const served: Waiter[] = [];
      for (const urgency of URGENCIES)
        for (const calls of usable(urgency))
          while (lines[urgency].size() > 0 && (calls[0] ?? Infinity) <= nowMs) {
            calls.shift();
            if (urgency === "news" && calls === leased.backfill) swap();
            spent[urgency].push(nowMs);
            served.push(...lines[urgency].next());
          }
      return served;
    },

    /**
     * How many calls to lease now: as many as wait, or half of those made lately where that is more, and
     * none while there are any. What is leased for news and not used is lost to the backfill.
     */
    demand(urgency: Urgency, nowMs: number): number {
      if (lines[urgency].size() === 0 || leased[urgency].length > 0) return 0;
      spent[urgency] = spent[urgency].filter((atMs) => atMs + GOOD_FOR_MS > nowMs);
      return Math.max(lines[urgency].size(), Math.floor(spent[urgency].length / 2));
    },

    /** When the next of those who wait can be served, so far as calls are leased. */
    nextAtMs(): number | undefined {
      const moments = URGENCIES.filter((urgency) => lines[urgency].size() > 0)
        .flatMap(usable)
        .flatMap((calls) => calls[0] ?? []);
      return moments.length === 0 ? undefined : Math.min(...moments);
    },

    /** Calls that were leased and not made, since this was last asked. */
    takeUnspent(): number {
      const count = unspent;
      unspent = 0;
      return count;
    },
  };
}

/** A line for each key; the keys take turns. */
function createLine<Waiter>() {
  // A map remembers the order of its keys: the first has waited longest for its turn.
  const byKey = new Map<string, Waiter[]>();
  let size = 0;
  return {
    size: () => size,
    join(key: string, waiter: Waiter) {
      byKey.set(key, [...(byKey.get(key) ?? []), waiter]);
      size++;
    },
    leave(key: string, waiter: Waiter): boolean {
      const line = byKey.get(key) ?? [];
      const left = line.filter((one) => one !== waiter);
      if (left.length === line.length) return false;
      if (left.length === 0) byKey.delete(key);
      else byKey.set(key, left);
      size--;
      return true;
    },
    /** The next one, or none. */
    next(): Waiter[] {
      for (const [key, [first, ...rest]] of byKey) {
        byKey.delete(key);
        if (rest.length > 0) byKey.set(key, rest);
        size--;
        return first === undefined ? [] : [first];
      }
      return [];
    },
    clear(): Waiter[] {
      const all = [...byKey.values()].flat();
      byKey.clear();
      size = 0;
      return all;
    },
  };
}
