import type { BoxClient, BoxWebhook } from "../../src/box/client.ts";
import { Failure } from "../../src/core/failure.ts";
import type { Database } from "../../src/db/open.ts";
import { createLog } from "../../src/log.ts";

export const BASE = "https://longshore.example";

/** Box's webhooks as far as we use them: one an application and folder. */
export function createWebhookBox(db: Database, standing: readonly BoxWebhook[] = []) {
  const kept = new Map(standing.map((webhook) => [webhook.webhookId, webhook]));
  let lastId = 0;
  const calls: string[] = [];
  const on: { create?: () => void | Promise<void>; remove?: () => void | Promise<void> } = {};
  const client: Partial<BoxClient> = {
    async createWebhook(folder, address, triggers) {
      calls.push("create");
      if ([...kept.values()].some((one) => one.folderId === folder))
        throw new Failure("conflict", "Box answered 409");
      const webhook = { webhookId: `${++lastId}`, folderId: folder, address, triggers };
      kept.set(webhook.webhookId, webhook);
      await on.create?.();
      return webhook;
    },
    async webhook(id) {
      calls.push("look");
      return kept.get(id);
    },
    async webhooks() {
      calls.push("list");
      return [...kept.values()].map(({ webhookId, folderId }) => ({ webhookId, folderId }));
    },
    async updateWebhook(webhook) {
      calls.push("update");
      const { webhookId: id } = webhook;
      if (
        [...kept.values()].some((one) => one.folderId === webhook.folderId && one.webhookId !== id)
      )
        throw new Failure("conflict", "Box answered 409");
      kept.set(id, webhook);
      return webhook;
    },
    async deleteWebhook(id) {
      calls.push("delete");
      kept.delete(id);
      await on.remove?.();
    },
  };
  const boxes = {
    of: async () => client as BoxClient,
    trial: () => client as BoxClient,
  };
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => void lines.push(line) });
  const deps = { db, boxes, webhookBase: BASE, log };
  return { deps, kept, calls, client, on, lines };
}
