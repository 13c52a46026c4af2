import type { FolderFact, ToldVersions } from "../core/change.ts";
import type { AccountId, FileId, SourceId, VersionId } from "../core/ids.ts";
import {
  placesOf,
  ruleAgainstPath,
  ruleAgainstVersion,
  type SourceRules,
} from "../core/membership.ts";
import { CHECK_DELAY_MS } from "../core/retry.ts";
import { askChecks } from "../db/debts.ts";
import { filesOfLosses, keepLosses, type Loss, lossesOf, markWanted } from "../db/losses.ts";
import { liveSources } from "../db/masks.ts";
import type { Queryable } from "../db/open.ts";
import { enqueue, type Job } from "./enqueue.ts";

/** A file as it was read, and the versions of it that Box told of and does not hold any more. */
export interface Lacking {
  file: { fileId: FileId; name: string; ancestors: FolderFact[] };
  told: ToldVersions;
  lacking: readonly VersionId[];
}

/**
 * Keeps as lost what Box told of and dropped before it was read, for each source that asks for the file where
 * it lies now. The same again changes nothing. True when something was not known to be lost before.
 */
export async function recordLosses(
  tx: Queryable,
  account: AccountId,
  { file, told, lacking }: Lacking,
): Promise<boolean> {
  if (lacking.length === 0) return false;
  const places = placesOf(file.ancestors, file.name, await liveSources(tx, account));
  const losses = places.flatMap(({ source, path }) =>
    lacking.flatMap((versionId) => {
      const said = told[versionId];
      if (!said) return [];
      const { sizeBytes } = said;
      const loss = { sizeBytes, toldAt: new Date(said.at) };
      if (!isWanted(source, path, loss)) return [];
      const { sourceId } = source;
      return [{ sourceId, fileId: file.fileId, versionId, path: path.join("/"), ...loss }];
    }),
  );
  return keepLosses(tx, losses);
}

/**
 * Has a file of which something was just found lost read once more, an hour later: should Box only have been
 * late to show it, it is owed then.
 */
export async function lookOnceMore(
  tx: Queryable,
  account: AccountId,
  fileId: FileId,
  told: ToldVersions,
): Promise<void> {
  const dueAt = new Date(Date.now() + CHECK_DELAY_MS.lost);
  const reason = "Box did not show a version of it an hour ago";
  const check = { fileId, reason, dueAt, told, precaution: true };
  const asked = await askChecks(tx, account, [check], "listing");
  await enqueue(
    tx,
    asked.map(({ id, dueAt, priority }): Job => ({
      task: "sync_file",
      payload: { checkId: id },
      priority,
      runAt: dueAt,
    })),
  );
}

/** Decides for every loss of a source whether it asks for that now, as for its objects. */
export async function decideLossesAgain(
  tx: Queryable,
  source: SourceId,
  rules: SourceRules,
): Promise<void> {
  const decided = (await lossesOf(tx, source)).map((loss) => ({
    ...loss,
    wanted: isWanted(rules, loss.path.split("/"), loss),
  }));
  await markWanted(tx, decided);
}

/** Asks for the files of these losses to be looked at again, and answers the jobs that do: a version may have been restored. */
export async function lookForLosses(tx: Queryable, ids: readonly string[]): Promise<Job[]> {
  const reason = "a person asked for a version of it that was lost";
  const dueAt = new Date();
  const files = Map.groupBy(await filesOfLosses(tx, ids), ({ accountId }) => accountId);
  const asked = [];
  for (const [account, of] of files)
    asked.push(
      ...(await askChecks(
        tx,
        account,
        of.map(({ fileId }) => ({ fileId, reason, dueAt })),
        "replay",
      )),
    );
  return asked.map(({ id }): Job => ({ task: "sync_file", payload: { checkId: id } }));
}

/** What its size keeps out of a source cannot be told where Box did not say it: then nothing is claimed. */
function isWanted(
  rules: SourceRules,
  path: readonly string[],
  { sizeBytes, toldAt }: Pick<Loss, "sizeBytes" | "toldAt">,
): boolean {
  const hasLimits = rules.minBytes !== null || rules.maxBytes !== null;
  if (ruleAgainstPath(rules, path) || (sizeBytes === undefined && hasLimits)) return false;
  const version = { sizeBytes: sizeBytes ?? 0, createdAt: toldAt, seenAt: toldAt };
  return ruleAgainstVersion(rules, version) === undefined;
}
