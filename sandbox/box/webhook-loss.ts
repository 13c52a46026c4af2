import { randomUUID } from "node:crypto";
import type { Core } from "./core.ts";
import { deliveryBase } from "./delivery-body.ts";
import { phpJson } from "./wire.ts";

/**
 * Removes all of the application's webhooks, as Box does when a developer token is revoked and in its
 * clean-up, and tells each address so. https://developer.box.com/guides/webhooks/v2/limitations-v2/
 */
export function loseWebhooks({ state, webhooks, now, wake }: Core): void {
  const trigger = "WEBHOOK.DELETED";
  state.transaction(() => {
    state.run("delete from deliveries");
    for (const { id, address } of webhooks.all()) {
      const at = now();
      const additional_info = { reason: "auto_cleanup" };
      const body = { ...deliveryBase(id, trigger, randomUUID(), at), additional_info };
      const row = { webhookId: id, trigger, body: phpJson(body), dueAt: at };
      state.insert("deliveries", { ...row, address });
    }
    state.run("delete from webhooks");
  });
  wake();
}
