import { type CreateWebhookRequestBody, WebhooksManager } from "box-typescript-sdk-gen/managers";

import { folderId } from "../core/ids.ts";
import { expected, orAbsent } from "./api.ts";
import type { BoxClient, BoxWebhook } from "./client.ts";
import { type Fields, fieldsOf, idOf, listOf, textOf } from "./json.ts";
import type { Ask } from "./sdk.ts";

type Webhooks = Pick<
  BoxClient,
  "createWebhook" | "webhook" | "webhooks" | "updateWebhook" | "deleteWebhook"
>;

/** Box's most rows a page. */
const PAGE = 1000;

/** The webhooks of the account's application; those on single files are not ours and not seen. */
export function openWebhooks(ask: Ask): Webhooks {
  return {
    async createWebhook(folder, address, triggers) {
      const target = { type: "folder", id: folder } as const;
      const body = { target, address, triggers: listed(triggers) };
      const raw = await ask("webhook", (sdk) => new WebhooksManager(sdk).createWebhook(body));
      return expected(readWebhook(raw), "a webhook");
    },

    async webhook(id) {
      const raw = await orAbsent(
        ask("webhook", (sdk) => new WebhooksManager(sdk).getWebhookById(id)),
      );
      return readWebhook(raw);
    },

    async webhooks() {
      const found = [];
      let marker: string | undefined;
      do {
        const queryParams = { limit: PAGE, ...(marker === undefined ? {} : { marker }) };
        const page = fieldsOf(
          await ask("webhook", (sdk) => new WebhooksManager(sdk).getWebhooks(queryParams)),
        );
        for (const row of expected(listOf(page["entries"]), "a list of webhooks"))
          found.push(...readTarget(fieldsOf(row)));
        marker = textOf(page["next_marker"]) || undefined;
      } while (marker !== undefined);
      return found;
    },

    async updateWebhook({ webhookId, folderId: folder, address, triggers }) {
      const target = { type: "folder", id: folder } as const;
      const requestBody = { target, address, triggers: listed(triggers) };
      const raw = await ask("webhook", (sdk) =>
        new WebhooksManager(sdk).updateWebhookById(webhookId, { requestBody }),
      );
      return expected(readWebhook(raw), "a webhook");
    },

    async deleteWebhook(id) {
      await orAbsent(ask("webhook", (sdk) => new WebhooksManager(sdk).deleteWebhookById(id)));
    },
  };
}

/** The SDK knows the triggers of its day as a closed set; Box judges them anyway. */
function listed(triggers: string[]): CreateWebhookRequestBody["triggers"] {
  return triggers as CreateWebhookRequestBody["triggers"][number][];
}

function readWebhook(raw: unknown): BoxWebhook | undefined {
  const webhook = fieldsOf(raw);
  const [target] = readTarget(webhook);
  const address = textOf(webhook["address"]);
  if (target === undefined || address === undefined) return undefined;
  const triggers = (listOf(webhook["triggers"]) ?? [])
    .map(textOf)
    .filter((trigger) => trigger !== undefined);
  return { ...target, address, triggers };
}

function readTarget(webhook: Fields): { webhookId: string; folderId: BoxWebhook["folderId"] }[] {
  const { type, id } = fieldsOf(webhook["target"]);
  const webhookId = idOf(webhook["id"]);
  const folder = idOf(id);
  if (type !== "folder" || webhookId === undefined || folder === undefined) return [];
  return [{ webhookId, folderId: folderId(folder) }];
}
