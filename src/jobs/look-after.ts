import { closeMendedWebhooks, settleIncidents, type Turned } from "../db/incidents.ts";
import { addUpTallies } from "../db/object-counts.ts";
import { lookAtSilent } from "../db/silence.ts";
import { freeOrphans } from "../db/workers.ts";
import { enqueue } from "../operations/enqueue.ts";
import { findIncidents, FOUND_KINDS } from "../operations/find-incidents.ts";
import type { Handler, JobDeps } from "./task.ts";

/**
 * The look of every minute at what wants a person: opens an incident for each thing found, closes
 * those that are mended, and has silent webhooks compared with Box. Adds up the tallies of objects, and ends leases that no
 * worker has. Reads rows, never Box. Again with nothing changed it writes nothing; two at once do no harm.
 */
export function createLookAfter({ db, log }: Pick<JobDeps, "db" | "log">): Handler<"look_after"> {
  return async () => {
    await addUpTallies(db);
    const orphans = await freeOrphans(db);
    if (orphans > 0) log.warn({ orphans }, "Ended leases that no worker had");
    const { opened, closed } = await db.transaction(async (tx) => {
      const found = await findIncidents(tx);
      const turned = await settleIncidents(tx, FOUND_KINDS, found);
      const mended = await closeMendedWebhooks(tx);
      if (await lookAtSilent(tx)) await enqueue(tx, [{ task: "keep_webhooks", payload: {} }]);
      return { ...turned, closed: [...turned.closed, ...mended] };
    });
    for (const one of opened) log.warn(fieldsOf(one), "An incident was opened");
    for (const one of closed) log.info(fieldsOf(one), "An incident was closed");
    if (opened.length + closed.length === 0) return { outcome: "idle" };
    return {
      outcome: "done",
      note: "Looked after",
      fields: { opened: opened.length, closed: closed.length },
    };
  };
}

const fieldsOf = ({ id, kind, subject, accountId, sourceId }: Turned) => ({
  "incident.id": id,
  kind,
  subject,
  "account.id": accountId ?? undefined,
  "source.id": sourceId ?? undefined,
});
