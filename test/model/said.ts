import type { House } from "../support/house.ts";

/** What the API says of a source, as far as the model has an opinion. */
export interface Said {
  source: {
    state: string;
    backfill: { state: string };
    listing: Census | null;
    counts: {
      stored: number;
      pending: number;
      waiting: number;
      givenUp: number;
      withdrawn: number;
      storedBytes: number;
      misfits: number;
    };
  };
  sweep: Census & { id: string; state: string; missing: number };
  report: {
    complete: boolean;
    doubt: object | null;
    proved: { walkId: string } | null;
    box: (Omit<Census, "matched" | "matchedBytes"> & FilesAndBytes) | null;
    lake: FilesAndBytes | null;
    counts: Record<string, number>;
    items: { fileId: string; versionId: string; reason: string }[];
  };
  csv: Map<string, number>;
}

interface FilesAndBytes {
  files: number;
  bytes: number;
}

/** What a full listing counts. */
export interface Census {
  listed: number;
  listedBytes: number;
  matched: number;
  matchedBytes: number;
  skipped: Partial<Record<string, number>>;
}

export interface Incident {
  kind: string;
  sourceId: string | null;
  message: string;
}

/** All that is said of a source after it was compared in full. */
export async function saidOf(house: House, id: string): Promise<Said> {
  const [source, sweeps, report] = await Promise.all([
    house.api<Said["source"]>("GET", `/api/sources/${id}`),
    house.api<{ items: Said["sweep"][] }>("GET", `/api/sources/${id}/sweeps?limit=1`),
    house.api<Said["report"]>("GET", `/api/sources/${id}/completeness?limit=200`),
  ]);
  const sweep = sweeps.items[0];
  if (!sweep) throw new Error("bug: a source that was compared has no sweep");
  return { source, sweep, report, csv: await csvOf(house, id) };
}

/** The lines of the report by their kind and reason: how many files, or how many lines where none is named. */
async function csvOf({ port, adminToken }: House, id: string) {
  const address = `http://127.0.0.1:${port}/api/sources/${id}/completeness?format=csv`;
  const headers = { authorization: `Bearer ${adminToken}` };
  const text = await (await fetch(address, { headers })).text();
  const found = new Map<string, number>();
  for (const line of text.trim().split("\r\n").slice(1)) {
    const [kind = "", reason = "", files = ""] = line.split(",");
    const key = reason === "" || kind === "doubt" ? kind : `${kind} ${reason}`;
    found.set(key, files === "" ? (found.get(key) ?? 0) + 1 : Number(files));
  }
  return found;
}

export const openIncidents = async (house: House): Promise<Incident[]> =>
  (await house.api<{ items: Incident[] }>("GET", "/api/incidents?limit=200")).items;
