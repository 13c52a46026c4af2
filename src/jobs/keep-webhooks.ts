import { claimDueWebhook } from "../db/webhooks.ts";
import { ensureClaimed } from "../operations/ensure-webhook.ts";
import type { Handler, JobDeps } from "./task.ts";

/**
 * Compares the webhooks that are due with what Box has, and mends them; with an account, only its
 * own. Each is claimed, so that passes side by side share the work.
 */
export function createKeepWebhooks(
  deps: Pick<JobDeps, "db" | "boxes" | "webhookBase" | "formerWebhookBase" | "log">,
): Handler<"keep_webhooks"> {
  return async ({ accountId }, signal) => {
    let compared = 0;
    while (!signal.aborted) {
      const row = await claimDueWebhook(deps.db, accountId);
      if (!row) break;
      const now = await ensureClaimed(deps, row);
      compared++;
      if (row.state === "registered" && now?.boxWebhookId !== row.boxWebhookId)
        deps.log.warn(
          { "account.id": row.accountId, "folder.id": row.folderId, state: now?.state },
          "Box had removed a webhook",
        );
    }
    if (compared === 0) return { outcome: "idle" };
    return {
      outcome: "done",
      note: "Compared webhooks with Box",
      fields: { webhooks: compared },
    };
  };
}
