import type { BoxClient, BoxFile } from "../box/client.ts";
import { type News, versionNews } from "../core/change.ts";
import { versionId } from "../core/ids.ts";
import type { Turn } from "../core/purse.ts";
import { rememberFolders, rememberUnseen, rowsOfWay, waysDown } from "../db/ancestry.ts";
import { finishCheck, type LeasedCheck, leaseCheck } from "../db/check-leases.ts";
import { correctVersions } from "../db/facts.ts";
import { noteHistory } from "../db/histories.ts";
import type { Queryable } from "../db/open.ts";
import { enqueue, mayWait } from "../operations/enqueue.ts";
import { oweWhatCameBack } from "../operations/owe-gone.ts";
import { lookOnceMore, recordLosses } from "../operations/losses.ts";
import { recordChanges } from "../operations/record-changes.ts";
import { type FileHistory, readHistory } from "./read-version.ts";
import { settleFailure } from "./set-back.ts";
import type { Handler, JobDeps } from "./task.ts";

/**
 * Looks at one file again: reads it and its versions from Box, 2 calls (1 when it never had
 * another), records what was missing, corrects what was recorded wrongly, and keeps as lost what its signals
 * named and Box holds no more, for which it looks once more an hour later. A file that Box does not show leaves
 * nothing to do: what was recorded of it before stays owed, of what was only named nothing is known, and its
 * folder is looked at where that is not known (1 call more, once). Signals that arrive meanwhile make it look again.
 */
export function createSyncFile(
  deps: Pick<JobDeps, "db" | "boxes" | "worker" | "held" | "log" | "random" | "prefix">,
): Handler<"sync_file"> {
  return ({ checkId }, signal) =>
    deps.held.during("checks", checkId, async () => {
      const check = await leaseCheck(deps.db, deps.worker, checkId);
      if (!check) return { outcome: "idle" };
      try {
        const readAt = new Date();
        const box = await deps.boxes.of(check.accountId, turnOf(check));
        const told = Object.keys(check.told).map(versionId);
        const history = await readHistory(box, check.fileId, signal, told);
        const file = history && (await placed(box, history.file, signal));
        const keepFolder = history ? undefined : await lookAtFolder(deps.db, box, check, signal);
        const objects = await deps.db.transaction(async (tx) => {
          await keepFolder?.(tx);
          // First, so that what is recorded next disputes nothing and asks for no check of its own.
          if (history) await correctVersions(tx, check.fileId, history.versions);
          const recorded = await recordChanges(tx, {
            accountId: check.accountId,
            door: check.door,
            prefix: deps.prefix,
            queue: { priority: check.priority },
            news: file ? newsOf({ ...history, file }, readAt) : [],
          });
          if (history) await noteHistory(tx, check.accountId, check.fileId, readAt);
          const isLost =
            file && (await recordLosses(tx, check.accountId, { ...check, ...history, file }));
          const shown = history && !history.file.trashed ? history.versions : [];
          const { fileId } = check;
          const cameBack = await oweWhatCameBack(
            tx,
            check.accountId,
            shown.map(({ versionId }) => ({ fileId, versionId })),
          );
          const again = await finishCheck(tx, deps.worker, check);
          if (again) await enqueue(tx, [{ task: "sync_file", payload: { checkId } }]);
          // Behind its end, which would else take this for a signal that came meanwhile.
          if (isLost) await lookOnceMore(tx, check.accountId, fileId, check.told);
          return recorded.objects + cameBack;
        });
        const fields = { "file.id": check.fileId, "account.id": check.accountId, objects };
        return { outcome: "done", note: history ? "Looked at" : "Not to be seen at Box", fields };
      } catch (error) {
        return settleFailure(deps, "checks", check, error, signal);
      }
    });
}

/**
 * Where nothing was known of the folder that an unseen file was named in, that is read too, so that its next
 * file costs nothing: an enterprise's events tell of all its files, and most accounts see few of them.
 */
async function lookAtFolder(
  db: Queryable,
  box: BoxClient,
  { accountId, parentId }: LeasedCheck,
  signal: AbortSignal,
) {
  if (parentId === null || (await waysDown(db, accountId, [parentId])).has(parentId))
    return undefined;
  const asOf = new Date();
  const folder = await box.folder(parentId, signal);
  return (tx: Queryable) =>
    folder
      ? rememberFolders(tx, accountId, rowsOfWay([...folder.ancestors, folder], asOf))
      : rememberUnseen(tx, accountId, parentId, asOf);
}

/**
 * The file with the way down to it. Where Box shows the file without, its folder is read; undefined
 * when that is not to be seen: then no source of the account holds the file.
 */
async function placed(box: BoxClient, file: BoxFile, signal: AbortSignal) {
  const { ancestors } = file;
  if (ancestors) return { ...file, ancestors };
  const folder = file.parentId && (await box.folder(file.parentId, signal));
  return folder ? { ...file, ancestors: [...folder.ancestors, folder] } : undefined;
}

function newsOf({ file, versions }: FileHistory, readAt: Date): News[] {
  if (file.trashed) return [];
  // The whole history is in hand: nothing is left that another check could find.
  const fact = { ...file, versionId: file.version?.versionId };
  return versions.map((version) => versionNews(fact, version, readAt, false));
}

/** What may wait stands back, as the versions do that it finds. */
const turnOf = ({ accountId, priority }: LeasedCheck): Turn => ({
  urgency: mayWait(priority) ? "backfill" : "news",
  key: accountId,
});
