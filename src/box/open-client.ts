import { FilesManager, FoldersManager, UsersManager } from "box-typescript-sdk-gen/managers";

import type { FolderId } from "../core/ids.ts";
import type { Log } from "../log.ts";
import { type BoxApi, createApi, expected, type Meter, orAbsent } from "./api.ts";
import { revokeToken } from "./auth-revoke.ts";
import { createTokens } from "./auth.ts";
import type { BoxClient, BoxEndpoints, BoxIdentity, ItemsPage } from "./client.ts";
import type { BoxCredentials } from "./credentials.ts";
import { openDownload } from "./download.ts";
import { readEvents } from "./events.ts";
import { placeBehind, queryOf } from "./folder-pages.ts";
import {
  FILE_FIELDS,
  FOLDER_FIELDS,
  readFile,
  readFolder,
  readItems,
  ROW_FIELDS,
} from "./items.ts";
import { fieldsOf, idOf, listOf, textOf } from "./json.ts";
import { listPastVersions } from "./past-versions.ts";
import { createAsk } from "./sdk.ts";
import { createTransport, type Transport, type TransportOptions } from "./transport.ts";
import { openWebhooks } from "./webhooks.ts";

export interface BoxClientOptions extends TransportOptions {
  endpoints: BoxEndpoints;
  credentials: BoxCredentials;
  log: Log;
}

/** One account's Box for one purpose: its calls go through one meter. */
export type MeteredBox = (meter?: Meter) => BoxClient;

/** One account's Box, uncounted. See `openBox`. */
export const openBoxClient = (options: BoxClientOptions): BoxClient => openBox(options)();

/**
 * One account's Box, as `client.ts` describes it. Opening it makes no call, and there is nothing to
 * close. It remembers the account's token, so one is enough for a process, however many meters its
 * calls go through.
 */
export function openBox(options: BoxClientOptions): MeteredBox {
  const { endpoints, credentials, log } = options;
  const transport = createTransport(options);
  const tokens = createTokens(transport, endpoints.oauthUrl, credentials);
  return (meter) => {
    const api = createApi(transport, tokens, meter);
    return {
      ...createClient({ endpoints, log, transport, api }),
      logIn: async () => void (await tokens.get()),
      async logOut() {
        const token = await tokens.revocable();
        if (token === undefined || credentials.kind === "developerToken") return;
        await revokeToken(transport, endpoints.oauthUrl, credentials, token);
      },
    };
  };
}

interface Parts {
  endpoints: BoxEndpoints;
  log: Log;
  transport: Transport;
  api: BoxApi;
}

function createClient({
  endpoints,
  log,
  transport,
  api,
}: Parts): Omit<BoxClient, "logIn" | "logOut"> {
  const ask = createAsk(api, endpoints.apiUrl);

  async function whoAmI(): Promise<BoxIdentity> {
    const fields = ["id", "login", "name", "enterprise"];
    const user = fieldsOf(await ask("user", (sdk) => new UsersManager(sdk).getUserMe({ fields })));
    return {
      userId: expected(idOf(user["id"]), "a user"),
      login: textOf(user["login"]),
      name: textOf(user["name"]),
      enterpriseId: idOf(fieldsOf(user["enterprise"])["id"]),
    };
  }

  const file: BoxClient["file"] = (id, signal) => {
    const query = { queryParams: { fields: FILE_FIELDS } };
    const raw = ask("file", (sdk) => new FilesManager(sdk).getFileById(id, query), signal);
    return orAbsent(raw.then((found) => expected(readFile(found), "a file")));
  };

  const folder: BoxClient["folder"] = (id, signal) => {
    const query = { queryParams: { fields: FOLDER_FIELDS } };
    const raw = ask("folder", (sdk) => new FoldersManager(sdk).getFolderById(id, query), signal);
    return orAbsent(raw.then((found) => expected(readFolder(found), "a folder")));
  };

  async function folderItems(
    id: FolderId,
    marker: string | undefined,
    signal?: AbortSignal,
  ): Promise<ItemsPage> {
    const query = { queryParams: { fields: ROW_FIELDS, ...queryOf(marker) } };
    const page = fieldsOf(
      await ask("items", (sdk) => new FoldersManager(sdk).getFolderItems(id, query), signal),
    );
    const rows = expected(listOf(page["entries"]), "a folder's items");
    return { ...readItems(rows), nextMarker: placeBehind(page, rows.length, marker) };
  }

  return {
    whoAmI,
    file,
    folder,
    folderItems,
    pastVersions: (id, signal) => listPastVersions(ask, log, id, signal),
    events: (stream, position, signal) =>
      readEvents(api, endpoints.apiUrl, { stream, position, signal }),
    download: (fileId, versionId, signal) =>
      openDownload(api, transport, endpoints, { fileId, versionId, signal }),
    ...openWebhooks(ask),
    clockOffsetMs: transport.clock.offsetMs,
  };
}
