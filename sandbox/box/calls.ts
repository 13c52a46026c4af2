/** What a request is about. Tests count by it and faults aim by it. */
export type Kind =
  | "token"
  | "authorize"
  | "me"
  | "users"
  | "folder"
  | "folder_items"
  | "file"
  | "file_versions"
  | "content"
  | "download"
  | "upload"
  | "change"
  | "events"
  | "webhooks"
  | "collaborations"
  | "shared_items"
  | "delivery";

export interface Calls {
  /** Requests of this kind since the last reset; of all kinds together without one. */
  count(kind?: Kind): number;
  byKind(): Partial<Record<Kind, number>>;
  /** Requests to the content host that brought an Authorization header, which Box never asks for. */
  leakedTokens(): number;
  reset(): void;
  note(kind: Kind): void;
  noteLeak(): void;
}

/** Counters of the requests that the sandbox answered, faults included. */
export function createCalls(): Calls {
  const counts = new Map<Kind, number>();
  let leaks = 0;
  return {
    count: (kind) =>
      kind ? (counts.get(kind) ?? 0) : [...counts.values()].reduce((sum, one) => sum + one, 0),
    byKind: () => Object.fromEntries(counts),
    leakedTokens: () => leaks,
    reset() {
      counts.clear();
      leaks = 0;
    },
    note: (kind) => void counts.set(kind, (counts.get(kind) ?? 0) + 1),
    noteLeak: () => void leaks++,
  };
}
