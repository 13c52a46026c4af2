import type { AccountId } from "../core/ids.ts";
import { oweGoneAgain, type ShownVersion } from "../db/gone.ts";
import type { Queryable } from "../db/open.ts";
import { enqueue, type Job } from "./enqueue.ts";

/** Owes again, and wakes the work for, what was given up as `gone` and is shown by Box again. */
export async function oweWhatCameBack(
  tx: Queryable,
  account: AccountId,
  shown: readonly ShownVersion[],
): Promise<number> {
  const again = await oweGoneAgain(tx, account, shown);
  await enqueue(
    tx,
    again.map(({ id, priority }): Job => ({
      task: "store_version",
      payload: { objectId: id },
      priority,
    })),
  );
  return again.length;
}
