import {
  countDifferences,
  type Difference,
  listDifferences,
  type Reason,
} from "../db/completeness.ts";
import { type CsvCell, csvLine } from "../core/csv.ts";
import type { Database } from "../db/open.ts";
import {
  type AskedSource,
  type Doubt,
  newestDoubt,
  newestProof,
  type Proof,
} from "../db/source-proof.ts";
import { countUnread, type Unread } from "../db/unread.ts";

export interface Completeness {
  at: Date;
  /** Undefined before the source's folder was listed to its end for the first time. */
  proof: Proof | undefined;
  /** Of what the proof counted, what lies in the lake now, each with its bytes proved. */
  lake: { files: number; bytes: number } | undefined;
  counts: Record<Reason, number>;
  /** What must be read at Box before it is known whether more is lacking. */
  unread: Unread;
  /** The folder could not be listed to its end since: what it holds now is not known. */
  doubt: Doubt | undefined;
  /** Everything that Box was seen to hold, or has told of since, lies in the lake; but for what is lost there. */
  complete: boolean;
}

const NONE: Record<Reason, number> = { pending: 0, waiting: 0, given_up: 0, lost: 0, withdrawn: 0 };

/**
 * What Box was last seen to hold in a source, and what of it the lake holds. Every file that a listing
 * counts has an object from the same transaction on, so what is not among those that are lacking is
 * stored. One reading of what is lacking, however much is stored.
 */
export async function proveCompleteness(db: Database, source: AskedSource): Promise<Completeness> {
  const at = new Date();
  const proof = await newestProof(db, source.sourceId);
  const doubt = await newestDoubt(db, source, proof);
  const unread = await countUnread(db, source, proof);
  const lacking = await countDifferences(db, source, proof);
  const counts = { ...NONE, ...lacking.reasons };
  const owed = counts.pending + counts.waiting + counts.given_up;
  return {
    at,
    proof,
    lake: proof && {
      files: Math.max(0, proof.matched - lacking.files),
      bytes: Math.max(0, proof.matchedBytes - lacking.bytes),
    },
    counts,
    unread,
    doubt,
    complete: proof !== undefined && !doubt && owed + unread.files + unread.folders === 0,
  };
}

const COLUMNS = [
  "kind",
  "reason",
  "files",
  "bytes",
  "fileId",
  "versionId",
  "path",
  "current",
  "failure",
  "hint",
  "at",
  "createdAt",
] as const;

/** A line of the report: what it does not say is left empty. */
const line = (cells: Partial<Record<(typeof COLUMNS)[number], CsvCell>>) =>
  csvLine(COLUMNS.map((column) => cells[column]));

/** So many differences are in memory at once, whatever their number. */
const PAGE = 500;

/**
 * The report as CSV, piece by piece: what Box holds, what the lake holds, what is skipped by which rule,
 * what is unread, and a line for each difference. It throws rather than end early.
 */
export async function* completenessCsv(
  db: Database,
  source: AskedSource,
  { proof, lake, doubt, unread }: Completeness,
): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  if (proof && lake) {
    const at = proof.finishedAt.toISOString();
    yield line({ kind: "box", files: proof.matched, bytes: proof.matchedBytes, at });
    yield line({ kind: "lake", ...lake, at });
    for (const [reason, files] of Object.entries(proof.skipped))
      yield line({ kind: "skipped", reason, files, at });
  }
  for (const [reason, files] of Object.entries(unread))
    if (files > 0) yield line({ kind: "unread", reason, files });
  if (doubt) yield line({ kind: "doubt", ...doubt, at: doubt.at.toISOString() });
  let after: Difference | undefined;
  do {
    const page = await listDifferences(db, source, proof, { after, limit: PAGE });
    yield page.map(lineOf).join("");
    after = page.length < PAGE ? undefined : page.at(-1);
  } while (after);
}

function lineOf(found: Difference): string {
  const { sizeBytes, seenAt, lostAt, createdAt, ...rest } = found;
  return line({
    kind: "difference",
    ...rest,
    bytes: sizeBytes,
    at: new Date(lostAt ?? seenAt).toISOString(),
    createdAt: createdAt && new Date(createdAt).toISOString(),
  });
}
