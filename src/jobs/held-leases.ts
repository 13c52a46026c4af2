import type { Leased } from "../db/workers.ts";

/** The rows that this process is working on, so that leases it could not end are told from those. */
export interface HeldLeases {
  /** Runs the work; the id counts as held from before it begins until after it ends. */
  during<T>(table: Leased, id: number | string, work: () => Promise<T>): Promise<T>;
  of(table: Leased): (number | string)[];
}

/** Those whose rows are told by a number; a position is told by its account and stream. */
export const NUMBERED_TABLES = ["objects", "checks", "walks"] as const;

export function createHeldLeases(): HeldLeases {
  const held = new Map<Leased, Map<number | string, number>>(
    [...NUMBERED_TABLES, "positions" as const].map((table) => [table, new Map()]),
  );
  return {
    async during(table, id, work) {
      const ids = held.get(table) ?? new Map<number | string, number>();
      // Two jobs may wake one row at a time: only the last to leave lets go.
      ids.set(id, (ids.get(id) ?? 0) + 1);
      try {
        return await work();
      } finally {
        const left = (ids.get(id) ?? 1) - 1;
        if (left === 0) ids.delete(id);
        else ids.set(id, left);
      }
    },
    of: (table) => [...(held.get(table)?.keys() ?? [])],
  };
}
