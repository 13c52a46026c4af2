import type { BoxClient, BoxFile, BoxFolder, BoxIdentity } from "../box/client.ts";
import type { BoxCredentials } from "../box/credentials.ts";
import { Failure } from "../core/failure.ts";
import { fileId, type FolderId } from "../core/ids.ts";
import { speaksForEnterprise } from "./streams.ts";

/** One line of a report: what was looked at, what was found, and what to do about it. */
export interface ConnectionCheck {
  name:
    | "credentials"
    | "clock"
    | "enterprise"
    | "enterprise_events"
    | "webhooks"
    | "public_address"
    | "signature_keys"
    | "folder"
    | "download";
  ok: boolean;
  /** False for what only makes Longshore quicker: without it nothing is missed. */
  needed: boolean;
  detail: string;
  hint?: string | undefined;
  /** Of the request that Box refused, for its support. */
  requestId?: string | undefined;
}

export interface ConnectionReport {
  /** Everything that is needed is there. */
  ok: boolean;
  /** Undefined when Box refuses the credentials; nothing else is asked then. */
  identity: BoxIdentity | undefined;
  checks: ConnectionCheck[];
}

export interface Connection {
  box: BoxClient;
  /** Its secrets are not looked at. */
  auth: { kind: BoxCredentials["kind"] } | undefined;
  /** Asks Box who the credentials speak for; what else comes of the answer is the caller's. */
  whoAmI: () => Promise<BoxIdentity>;
  hasSignatureKeys: boolean;
  webhookBase: string | undefined;
  folderId?: FolderId | undefined;
}

type Line = Omit<ConnectionCheck, "name" | "needed">;
type Look = [name: ConnectionCheck["name"], needed: boolean, look: () => Line | Promise<Line>];

/**
 * Tries everything that an account is needed for, and changes nothing at Box: at most six calls, and
 * the first bytes of one file. A Viewer of the folder passes; what such an account will lack is told
 * in lines that are not needed. Throws only when Box cannot be asked who the credentials speak for.
 */
export async function testConnection(connection: Connection): Promise<ConnectionReport> {
  let identity: BoxIdentity;
  try {
    identity = await connection.whoAmI();
  } catch (error) {
    if (!(error instanceof Failure) || !REFUSALS.has(error.kind)) throw error;
    const hint = connection.auth?.kind === "developerToken" ? TOKEN_HINT : error.hint;
    const line = { ...refused(error), hint };
    const checks: ConnectionCheck[] = [
      { name: "credentials", needed: true, ...line },
      { name: "clock", needed: false, ...lookAtClock(connection) },
    ];
    return { ok: false, identity: undefined, checks };
  }
  const looks: Look[] = [
    ["credentials", true, () => passed(`Box accepts them as ${nameOf(identity)}`)],
    ["clock", false, () => lookAtClock(connection)],
    ["enterprise", false, () => lookAtEnterprise(identity)],
    ["enterprise_events", false, () => lookAtEnterpriseEvents(connection)],
    ["webhooks", false, () => lookAtWebhooks(connection)],
    ["public_address", false, () => lookAtAddress(connection)],
    ["signature_keys", false, () => lookAtKeys(connection)],
    ...folderLooks(connection, identity),
  ];
  const checks = await Promise.all(
    looks.map(async ([name, needed, look]) => ({ name, needed, ...(await settled(look)) })),
  );
  return { ok: checks.every((check) => check.ok || !check.needed), identity, checks };
}

/** What Box says to credentials that are no good, or not for us. */
const REFUSALS = new Set(["unauthorized", "forbidden", "invalid"]);

const TOKEN_HINT =
  "A developer token ends after 60 minutes: generate another in the Developer Console, under Configuration, Developer Token.";

const nameOf = ({ login, name, userId }: BoxIdentity) => login ?? name ?? `user ${userId}`;
const passed = (detail: string): Line => ({ ok: true, detail });
const refused = ({ message, hint, requestId }: Failure): Line => ({
  ok: false,
  detail: message,
  hint,
  requestId,
});

async function settled(look: Look[2]): Promise<Line> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return refused(error);
  }
}

function lookAtEnterprise({ enterpriseId }: BoxIdentity): Line {
  if (enterpriseId) return passed(`Enterprise ${enterpriseId}`);
  return {
    ok: false,
    detail: "A personal account, of no enterprise",
    hint: "Meant so? Else sign in to Box as a managed user of the enterprise: files of others are seen only where they were shared.",
  };
}

/** Further off, something is wrong with the machine; Box believes deliveries and assertions for minutes. */
const CLOCK_OFF_MS = 30_000;

function lookAtClock({ box }: Connection): Line {
  const offsetMs = box.clockOffsetMs();
  if (offsetMs === undefined) return passed("Box did not tell its time");
  const seconds = Math.round(Math.abs(offsetMs) / 1000);
  const detail =
    seconds === 0
      ? "Our clock agrees with Box's"
      : `Our clock is ${seconds} s ${offsetMs > 0 ? "behind" : "ahead of"} Box's`;
  if (Math.abs(offsetMs) <= CLOCK_OFF_MS) return passed(detail);
  return {
    ok: false,
    detail,
    hint: "Synchronise the machine's clock (NTP). Tokens are asked for by Box's time all the same; but webhook deliveries are refused when our clock is more than 2 minutes behind or 10 minutes ahead, and times in logs and pages are wrong.",
  };
}

async function lookAtEnterpriseEvents({ auth, box }: Connection): Promise<Line> {
  if (!auth || !speaksForEnterprise(auth))
    return passed("Not needed: the user's own events are read");
  const { nextPosition } = await orHint(
    box.events("admin_logs_streaming", "now"),
    "Without them only the service account's own events are read. Tick Manage enterprise properties under Configuration, Application Scopes in the Developer Console, then authorise the application again in the Admin Console.",
  );
  return nextPosition === undefined
    ? { ok: false, detail: "Box gave no position of the enterprise's events" }
    : passed("The enterprise's events can be read");
}

async function lookAtWebhooks({ box }: Connection): Promise<Line> {
  const hooks = await orHint(
    box.webhooks(),
    "Without them changes are noticed within about a minute and a half. Tick Manage webhooks under Configuration, Application Scopes in the Developer Console, then authorise the application again in the Admin Console; with OAuth, grant access again.",
  );
  return passed(
    `The application may manage webhooks and has ${hooks.length} here. Whether Box makes one on a folder that is only shared with this user is seen when it is registered; if not, it is polled`,
  );
}

function lookAtAddress({ webhookBase }: Connection): Line {
  if (webhookBase !== undefined) return passed(`Box delivers to ${webhookBase}`);
  return {
    ok: false,
    detail: "Longshore has no public https address, so Box cannot deliver webhooks",
    hint: "Set PUBLIC_URL to the https address under which Box reaches this service.",
  };
}

function lookAtKeys({ hasSignatureKeys }: Connection): Line {
  if (hasSignatureKeys) return passed("Both webhook signature keys are known");
  return {
    ok: false,
    detail: "Without webhook signature keys no delivery can be believed, so none is asked for",
    hint: "Generate both in the Developer Console under Webhooks, Manage signature keys, and enter them here.",
  };
}

/** Box's refusal of a permission, with what it takes to have it and what is lacking without. */
async function orHint<T>(answer: Promise<T>, hint: string): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "forbidden") throw error;
    const { kind, message, status, code, requestId } = error;
    throw new Failure(kind, message, { hint, status, code, requestId });
  }
}

function folderLooks({ box, folderId }: Connection, identity: BoxIdentity): Look[] {
  if (folderId === undefined) return [];
  const asked = box.folder(folderId);
  const folder = settled(async () => lookAtFolder(box, folderId, identity, await asked));
  return [
    ["folder", true, () => folder],
    [
      "download",
      true,
      async () =>
        (await folder).ok
          ? lookAtDownload(box, folderId, (await asked)?.mayDownload)
          : { ok: false, detail: "Not tried, as there is no such folder to be seen" },
    ],
  ];
}

async function lookAtFolder(
  box: BoxClient,
  id: FolderId,
  identity: BoxIdentity,
  folder: BoxFolder | undefined,
): Promise<Line> {
  if (folder && !folder.trashed)
    return passed([...folder.ancestors, folder].map(({ name }) => name).join(" / "));
  const invite = `Invite ${nameOf(identity)} to the folder as Viewer or above; the id stands in the folder's address at Box.`;
  if (folder)
    return { ok: false, detail: "The folder is in the trash", hint: "Restore it in Box." };
  const file = await box.file(fileId(id));
  return file
    ? { ok: false, detail: `${id} is a file`, hint: "Choose the folder that it lies in." }
    : { ok: false, detail: `Box shows this account no folder ${id}`, hint: invite };
}

/** Box answers `not_found` to many who may see a file and not download it. */
const LACKS_PERMISSION = new Set<string | undefined>([
  "access_denied_insufficient_permissions",
  "insufficient_scope",
  "not_found",
]);

const DOWNLOAD_HINT =
  "Invite the account as Viewer or above: Previewer and Uploader may not download. The application needs the scope Read and write all files and folders: Read alone (root_readonly) does not download.";

/**
 * Opens the first file that lies in the folder itself; its content is left after the first bytes.
 * Where none lies, what Box says of the user's role has to do.
 */
async function lookAtDownload(
  box: BoxClient,
  id: FolderId,
  mayDownload: boolean | undefined,
): Promise<Line> {
  const file = await firstFile(box, id);
  if (!file) {
    const untried = "Not tried: no file lies in the folder itself";
    if (mayDownload === undefined) return passed(untried);
    return mayDownload
      ? passed(`${untried}; Box says that this user may download`)
      : {
          ok: false,
          detail: `${untried}; Box says that this user may not download`,
          hint: DOWNLOAD_HINT,
        };
  }
  try {
    for await (const _ of await box.download(file.fileId, file.version.versionId)) break;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === "not_ready") return passed("Box is still preparing the file");
    const hint = LACKS_PERMISSION.has(error.code) ? DOWNLOAD_HINT : error.hint;
    return { ...refused(error), hint };
  }
  return passed("A file of the folder can be downloaded");
}

async function firstFile(box: BoxClient, id: FolderId) {
  const { files } = await box.folderItems(id, undefined);
  return files.find((file): file is BoxFile & { version: NonNullable<BoxFile["version"]> } =>
    Boolean(file.version && !file.trashed),
  );
}
