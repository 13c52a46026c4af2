import { layCable } from "./cable.ts";

/** Unset, nothing is late. */
const LAG_MS = Number(process.env["LAG_MS"]) || 0;

/**
 * `LAG_MS=500 npm test`: what a house's services commit is committed so late, and Box and the lake have done so
 * long ago what they answer. A test that sees an effect in one place, and at once asks another which the service
 * has yet to write, fails then, and not in one run of a hundred.
 */
async function lag(url: string, faults: Parameters<typeof layCable>[1]): Promise<Way> {
  if (LAG_MS === 0) return { url, cut: () => {} };
  return layCable(url, faults);
}

interface Way {
  readonly url: string;
  readonly cut: () => void;
}

/** A way to the database on which commits wait. */
export const wayToDatabase = (url: string): Promise<Way> =>
  lag(url, { holdsMs: (sent) => (sent.includes("commit") ? LAG_MS : 0) });

/** A way to a server on which answers wait. */
export const wayToServer = (url: string): Promise<Way> => lag(url, { lagMs: LAG_MS });
