import { type CreateWebhookRequestBody, WebhooksManager } from "box-typescript-sdk-gen/managers";

import { folderId } from "../core/ids.ts";
import { expected, orAbsent } from "./api.ts";
import type { BoxClient, BoxWebhook } from "./client.ts";
import { fieldsOf, idOf, listOf, textOf } from "./json.ts";
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
      return { ...expected(readMini(raw), "a webhook"), address, triggers };
    },

    async webhook(id) {
      const raw = await orAbsent(
        ask("webhook", (sdk) => new WebhooksManager(sdk).getWebhookById(id)),
      );
      return readWebhook(raw);
    },

    async webhooks() {
      const rows: ReturnType<typeof readMini>[] = [];
      let marker: string | undefined;
      do {
        const queryParams = { limit: PAGE, ...(marker === undefined ? {} : { marker }) };
        const page = fieldsOf(
          await ask("webhook", (sdk) => new WebhooksManager(sdk).getWebhooks(queryParams)),
        );
        for (const row of expected(listOf(page["entries"]), "a list of webhooks"))
          rows.push(readMini(row));
        marker = textOf(page["next_marker"]) || undefined;
      } while (marker !== undefined);
      return rows.filter((row) => row !== undefined);
    },

    async updateWebhook({ webhookId, folderId: folder, address, triggers }) {
      const target = { type: "folder", id: folder } as const;
      const requestBody = { target, address, triggers: listed(triggers) };
      const raw = await ask("webhook", (sdk) =>
        new WebhooksManager(sdk).updateWebhookById(webhookId, { requestBody }),
      );
      return { ...expected(readMini(raw), "a webhook"), address, triggers };
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
  const mini = readMini(raw);
  const { address, triggers } = fieldsOf(raw);
  const url = textOf(address);
  if (mini === undefined || url === undefined) return undefined;
  const names = (listOf(triggers) ?? []).map(textOf).filter((name) => name !== undefined);
  return { ...mini, address: url, triggers: names };
}

/** What any answer about a webhook tells of it; undefined for one on a file. */
function readMini(raw: unknown): Pick<BoxWebhook, "webhookId" | "folderId"> | undefined {
  const webhook = fieldsOf(raw);
  const { type, id } = fieldsOf(webhook["target"]);
  const webhookId = idOf(webhook["id"]);
  const folder = idOf(id);
  if (type !== "folder" || webhookId === undefined || folder === undefined) return undefined;
  return { webhookId, folderId: folderId(folder) };
}
