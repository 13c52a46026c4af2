import type { Leased } from "../db/workers.ts";

type Table = Exclude<Leased, "positions">;

/** The rows that this process is working on, so that leases it could not end are told from those. */
export interface HeldLeases {
  /** Runs the work; the id counts as held from before it begins until after it ends. */
  during<T>(table: Table, id: number, work: () => Promise<T>): Promise<T>;
  of(table: Table): number[];
}

export const LEASED_TABLES: readonly Table[] = ["objects", "checks", "walks"];

export function createHeldLeases(): HeldLeases {
  const held = new Map<Table, Map<number, number>>(
    LEASED_TABLES.map((table) => [table, new Map()]),
  );
  return {
    async during(table, id, work) {
      const ids = held.get(table) ?? new Map<number, number>();
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
