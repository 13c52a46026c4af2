import type { BoxClient, BoxFile, BoxFolder, BoxWebhook } from "../../src/box/client.ts";
import type { Failure } from "../../src/core/failure.ts";
import { fileId, folderId } from "../../src/core/ids.ts";
import type { BoxClients } from "../../src/operations/box-clients.ts";

/** A Box that a test fills by hand, one for all accounts. Content and events are not its matter. */
export function createFakeBox() {
  const folders = new Map<string, BoxFolder>();
  const files = new Map<string, BoxFile>();
  const webhooks = new Map<string, BoxWebhook>();
  const state: { failure: Failure | undefined } = { failure: undefined };

  function answer<T>(value: T): Promise<T> {
    return state.failure ? Promise.reject(state.failure) : Promise.resolve(value);
  }
  const untold = (): never => {
    throw new Error("the fake Box was not told about this call");
  };

  const client: BoxClient = {
    whoAmI: () =>
      answer({ userId: "17", login: "lab@example.com", name: "Lab", enterpriseId: "500" }),
    file: (id) => answer(files.get(id)),
    folder: (id) => answer(folders.get(id)),
    pastVersions: () => answer([]),
    folderItems: () => answer({ files: [], folders: [], others: 0, nextMarker: undefined }),
    events: () => answer({ entries: [], nextPosition: "0042" }),
    download: untold,
    createWebhook(folder, address, triggers) {
      if (state.failure) return Promise.reject(state.failure);
      const webhook = { webhookId: String(webhooks.size + 1), folderId: folder, address, triggers };
      webhooks.set(webhook.webhookId, webhook);
      return Promise.resolve(webhook);
    },
    webhook: (id) => answer(webhooks.get(id)),
    webhooks: () => answer([...webhooks.values()]),
    updateWebhook: untold,
    deleteWebhook(id) {
      webhooks.delete(id);
      return answer(undefined);
    },
  };
  const clients: BoxClients = { of: () => Promise.resolve(client), trial: () => client };

  return {
    clients,
    webhooks,
    /** Every call fails like this until it is told `undefined`. */
    failWith(failure: Failure | undefined) {
      state.failure = failure;
    },
    addFolder(id: string, name = "Inbox") {
      const above = { folderId: folderId("0"), name: "All Files" };
      folders.set(id, {
        folderId: folderId(id),
        name,
        parentId: above.folderId,
        ancestors: [above],
        trashed: false,
      });
    },
    addFile(id: string, name = "plate.csv") {
      files.set(id, {
        fileId: fileId(id),
        name,
        etag: "0",
        parentId: folderId("0"),
        ancestors: undefined,
        trashed: false,
        version: undefined,
      });
    },
  };
}
