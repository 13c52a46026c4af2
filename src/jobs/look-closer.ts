import type { BoxClient } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import { decide } from "../core/retry.ts";
import { correctVersions } from "../db/facts.ts";
import { markLost } from "../db/gone.ts";
import type { LeasedObject } from "../db/object-leases.ts";
import type { Database } from "../db/open.ts";
import { isLakeFailure } from "../lake/errors.ts";
import { lookOnceMore } from "../operations/losses.ts";
import { readHistory } from "./read-version.ts";

interface Look {
  db: Database;
  box: () => Promise<BoxClient>;
  signal: AbortSignal;
}

/**
 * What a failed attempt to store a version really means, where Box can tell by being read once more.
 * Any other failure is answered as it is.
 */
export async function lookCloser(look: Look, owed: LeasedObject, error: unknown): Promise<unknown> {
  if (!(error instanceof Failure) || look.signal.aborted) return error;
  const isLast = !decide(error, owed.attempts + 1, 0).again;
  const isAbsent = error.kind === "not_found" && !isLakeFailure(error as unknown);
  try {
    if (error.kind === "mismatch") return await correctFact(look, owed, error);
    return isAbsent && isLast ? await explainAbsence(look, owed, error) : error;
  } catch (reading) {
    return reading;
  }
}

/**
 * Bytes that disprove the recorded fact: a different answer corrects the fact, keeping the old one, and
 * the next attempt goes by it; the same answer leaves the failure.
 */
async function correctFact({ db, box, signal }: Look, owed: LeasedObject, error: Failure) {
  const history = await readHistory(await box(), owed.fileId, signal);
  const version = history?.versions.find(({ versionId }) => versionId === owed.versionId);
  if (version && (await correctVersions(db, owed.fileId, [version])) > 0)
    return new Failure(
      "transient",
      "Box describes this version differently now; its fact was corrected",
    );
  return error;
}

/** Content that Box does not give: because the file is away, the version is, or we may not have it. */
async function explainAbsence({ db, box, signal }: Look, owed: LeasedObject, error: Failure) {
  const history = await readHistory(await box(), owed.fileId, signal);
  if (!history || history.file.trashed)
    return new Failure("gone", "Box no longer shows the file: trashed, deleted, or not for us", {
      cause: error,
      hint: "Restore the file, or invite the account to its folder again. What Box shows again is fetched by itself, at the latest by the next sweep.",
    });
  if (history.versions.some(({ versionId }) => versionId === owed.versionId)) return error;
  if (await markLost(db, owed)) {
    const { accountId, fileId, versionId, sizeBytes } = owed;
    const told = { [versionId]: { at: new Date().toISOString(), sizeBytes } };
    await lookOnceMore(db, accountId, fileId, told);
  }
  return new Failure("gone", "Box shows the file, but holds this version no longer", {
    cause: error,
    hint: "It was deleted, or pushed out: Box keeps as many past versions as its plan says. Restored in the file's version history, it is fetched by itself.",
  });
}
