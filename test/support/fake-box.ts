import type {
  BoxClient,
  BoxFile,
  BoxFolder,
  BoxIdentity,
  BoxWebhook,
} from "../../src/box/client.ts";
import type { Failure } from "../../src/core/failure.ts";
import { fileId, folderId } from "../../src/core/ids.ts";
import type { BoxClients } from "../../src/operations/box-clients.ts";

const ROOT = { parentId: folderId("0"), version: undefined };

/** A Box that a test fills by hand, one for all accounts. Events are not its matter. */
export function createFakeBox() {
  const folders = new Map<string, BoxFolder>();
  const files = new Map<string, BoxFile>();
  const webhooks = new Map<string, BoxWebhook>();
  const state: { failure: Failure | undefined; clockOffsetMs: number | undefined } = {
    failure: undefined,
    clockOffsetMs: 0,
  };
  const refusals = new Map<keyof BoxClient, Failure>();
  let pageLength = 1000;

  function answer<T>(value: T, call?: keyof BoxClient): Promise<T> {
    const failure = state.failure ?? (call && refusals.get(call));
    return failure ? Promise.reject(failure) : Promise.resolve(value);
  }
  const identity: BoxIdentity = {
    userId: "17",
    login: "lab@example.com",
    name: "Lab",
    enterpriseId: "500",
  };
  const content = { opened: 0, closed: 0 };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    content.opened++;
    try {
      for (;;) yield Buffer.from("endless");
    } finally {
      content.closed++;
    }
  }
  const untold = (): never => {
    throw new Error("the fake Box was not told about this call");
  };

  const client: BoxClient = {
    whoAmI: () => answer({ ...identity }, "whoAmI"),
    logIn: () => answer(undefined, "logIn"),
    logOut: () => answer(undefined, "logOut"),
    file: (id) => answer(files.get(id)),
    folder: (id) => answer(folders.get(id)),
    pastVersions: () => answer([]),
    folderItems(id, marker) {
      const from = Number(marker ?? 0);
      const rows = [...folders.values(), ...files.values()].filter((row) => row.parentId === id);
      const page = rows.slice(from, from + pageLength);
      return answer(
        {
          files: page.filter((row) => "fileId" in row),
          folders: page.flatMap((row) =>
            "folderId" in row ? [{ folderId: row.folderId, name: row.name }] : [],
          ),
          others: 0,
          nextMarker: rows.length > from + pageLength ? String(from + pageLength) : undefined,
        },
        "folderItems",
      );
    },
    events: () => answer({ entries: [], nextPosition: "0042" }, "events"),
    download: () => answer(bytes(), "download"),
    createWebhook(folder, address, triggers) {
      if (state.failure) return Promise.reject(state.failure);
      const webhook = { webhookId: String(webhooks.size + 1), folderId: folder, address, triggers };
      webhooks.set(webhook.webhookId, webhook);
      return Promise.resolve(webhook);
    },
    webhook: (id) => answer(webhooks.get(id)),
    webhooks: () => answer([...webhooks.values()], "webhooks"),
    updateWebhook: untold,
    deleteWebhook(id) {
      webhooks.delete(id);
      return answer(undefined);
    },
    clockOffsetMs: () => state.clockOffsetMs,
  };
  const clients: BoxClients = { of: () => Promise.resolve(client), trial: () => client };

  return {
    clients,
    webhooks,
    /** Every call fails like this until it is told `undefined`. */
    failWith(failure: Failure | undefined) {
      state.failure = failure;
    },
    /** This call alone fails like this until it is told `undefined`. */
    refuse(call: keyof BoxClient, failure: Failure | undefined) {
      if (failure) refusals.set(call, failure);
      else refusals.delete(call);
    },
    /** Whom the credentials speak for from now on. */
    become: (other: Partial<BoxIdentity>) => void Object.assign(identity, other),
    /** How far Box's clock is ahead from now on. */
    setClock: (offsetMs: number | undefined) => void (state.clockOffsetMs = offsetMs),
    /** Rows a page of a listing. */
    listBy: (rows: number) => void (pageLength = rows),
    /** How often content was asked for, and let go of again: its end never comes. */
    content,
    addFolder(id: string, name = "Inbox", parent?: { folderId: string; name: string }) {
      const above = {
        folderId: folderId(parent?.folderId ?? "0"),
        name: parent?.name ?? "All Files",
      };
      folders.set(id, {
        folderId: folderId(id),
        name,
        parentId: above.folderId,
        ancestors: [above],
        trashed: false,
      });
    },
    addFile(id: string, name = "plate.csv", place: Pick<BoxFile, "parentId" | "version"> = ROOT) {
      files.set(id, {
        fileId: fileId(id),
        name,
        etag: "0",
        ancestors: undefined,
        trashed: false,
        ...place,
      });
    },
  };
}
