import { and, eq, ne, sql } from "drizzle-orm";
import { accounts, webhooks } from "../db/schema.ts";
import { ensureWebhook } from "../operations/ensure-webhook.ts";
import type { Handler, JobDeps } from "./task.ts";

/**
 * Compares the webhooks that are due with what Box has, and mends them. With an account, all of
 * that account's at once, because Box said that something happened to one.
 */
export function createKeepWebhooks(
  deps: Pick<JobDeps, "db" | "boxes" | "webhookBase">,
): Handler<"keep_webhooks"> {
  return async ({ accountId }, signal) => {
    const due = await deps.db
      .select({ id: webhooks.id })
      .from(webhooks)
      .innerJoin(accounts, eq(accounts.id, webhooks.accountId))
      .where(
        and(
          eq(accounts.state, "linked"),
          accountId === undefined
            ? sql`${webhooks.dueAt} <= now()`
            : and(eq(webhooks.accountId, accountId), ne(webhooks.state, "polled")),
        ),
      );
    for (const { id } of due) {
      if (signal.aborted) break;
      await ensureWebhook(deps, id);
    }
    if (due.length === 0) return { outcome: "idle" };
    return {
      outcome: "done",
      note: "Compared webhooks with Box",
      fields: { webhooks: due.length },
    };
  };
}
