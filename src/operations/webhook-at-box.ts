import type { BoxClient, BoxWebhook } from "../box/client.ts";
import { WEBHOOK_TRIGGERS } from "../box/webhook-triggers.ts";
import { isLoopback } from "../core/addresses.ts";
import { Failure, type FailureKind } from "../core/failure.ts";
import { type FolderId, folderId, ROOT_FOLDER } from "../core/ids.ts";

/** Where Box delivers what happens in an account. */
export const webhookAddress = (base: string, account: string) => `${base}/webhooks/box/${account}`;

/** Why there can be no webhook, before Box is asked. */
export function obstacle(
  row: { folderId: string; hasKeys: boolean },
  webhookBase: string | undefined,
): { reason: string; hint: string } | undefined {
  if (row.folderId === ROOT_FOLDER)
    return {
      reason: "Box allows no webhook on the root folder",
      hint: "Register its first-level folders as sources of their own to have webhooks for them.",
    };
  if (!row.hasKeys)
    return {
      reason: "The account has no webhook signature keys",
      hint: "Generate both keys in the Box developer console (Webhooks, Manage signature keys) and enter them for the account.",
    };
  if (webhookBase === undefined)
    return {
      reason: "Longshore has no public https address",
      hint: "Set PUBLIC_URL to the https address under which Box reaches this service.",
    };
  return undefined;
}

/** How things stand at Box: a webhook of ours, or none and why. */
export type Standing =
  | { state: "registered"; boxWebhookId: string; address: string; reason: null; hint: null }
  | { state: "polled"; reason: string; hint: string | null };

const registered = ({ webhookId }: BoxWebhook, { address }: Wanted): Standing => ({
  state: "registered",
  boxWebhookId: webhookId,
  address,
  reason: null,
  hint: null,
});

/** Where we are, and where we were before an operator moved us. */
export interface OurBases {
  webhookBase: string | undefined;
  formerWebhookBase?: string | undefined;
}

export interface Wanted extends OurBases {
  folderId: string;
  /** Where it shall deliver. */
  address: string;
}

/** What a webhook of ours has to be. */
const wantedAs = ({ folderId: folder, address }: Wanted) => ({
  folderId: folderId(folder),
  address,
  triggers: [...WEBHOOK_TRIGGERS] as string[],
});

/** A webhook that a row knows by its id, and where it led when the row last had it. */
export interface KnownWebhook {
  boxWebhookId: string;
  address: string | null;
}

/**
 * Makes a webhook that is known by its id what it has to be, wherever it leads by now; undefined when
 * Box has none with this id. One that another installation made is left alone: a database is copied
 * easily, and with it the ids of the webhooks of whoever it was copied from.
 */
export async function mendWebhook(
  box: BoxClient,
  known: KnownWebhook,
  wanted: Wanted,
): Promise<Standing | undefined> {
  const standing = await box.webhook(known.boxWebhookId);
  if (standing && !wasOurs(known, wanted) && !isOurs(standing, wanted)) return ELSEWHERE;
  return standing && orPolled(() => mend(box, standing, wanted));
}

/**
 * Makes a webhook. One that stands on the folder already is adopted when it leads to us, as after a
 * crash between Box's answer and our row; another installation's is left alone.
 */
export function makeWebhook(box: BoxClient, wanted: Wanted): Promise<Standing> {
  return orPolled(async () => {
    const { folderId: folder, address, triggers } = wantedAs(wanted);
    try {
      return registered(await box.createWebhook(folder, address, triggers), wanted);
    } catch (error) {
      if (!isConflict(error)) throw error;
      return adopt(box, folder, wanted);
    }
  });
}

/** What Box will not allow on this folder, however often it is asked, means polling. */
async function orPolled(ask: () => Promise<Standing>): Promise<Standing> {
  try {
    return await ask();
  } catch (error) {
    const isRefusal =
      error instanceof Failure &&
      (error.kind === "forbidden" || error.kind === "not_found" || error.kind === "invalid");
    if (!isRefusal) throw error;
    const isOfFolder = error.code === undefined || OF_FOLDER.has(error.code);
    const hint = (isOfFolder ? REFUSED[error.kind] : undefined) ?? error.hint ?? null;
    return { state: "polled", reason: error.message, hint };
  }
}

/** Box's codes that say nothing of webhooks: what their own hints ask for is to read and download. */
const OF_FOLDER: ReadonlySet<string> = new Set([
  "access_denied_insufficient_permissions",
  "forbidden",
  "not_found",
]);

const REFUSED: Partial<Record<FailureKind, string>> = {
  forbidden:
    "Nothing is missed: events are read every minute. For a webhook, tick Manage webhooks for the application in Box's Developer Console and have it authorised again, or give the account a higher role in the folder, such as Editor. Box is asked again once a day.",
  not_found:
    "Nothing is missed while the account sees the folder: events are read every minute. For a webhook, see that the account is invited to the folder itself. Box is asked again once a day.",
};

const isConflict = (error: unknown) => error instanceof Failure && error.kind === "conflict";

async function mend(box: BoxClient, standing: BoxWebhook, wanted: Wanted): Promise<Standing> {
  const { folderId: folder, address, triggers } = wantedAs(wanted);
  const listens = new Set(standing.triggers);
  const same =
    standing.folderId === folder &&
    standing.address === address &&
    listens.size === triggers.length &&
    triggers.every((trigger) => listens.has(trigger));
  if (same) return registered(standing, wanted);
  try {
    const { webhookId } = standing;
    const kept = await box.updateWebhook({ webhookId, folderId: folder, address, triggers });
    return registered(kept, wanted);
  } catch (error) {
    // Its target had been changed, and by now another webhook stands on our folder.
    if (!isConflict(error) || standing.folderId === folder) throw error;
    return adopt(box, folder, wanted);
  }
}

/** Box keeps one webhook an application, user and folder: this one is ours only by its address. */
async function adopt(box: BoxClient, folder: FolderId, wanted: Wanted): Promise<Standing> {
  for (const { webhookId, folderId: at } of await box.webhooks()) {
    if (at !== folder) continue;
    const found = await box.webhook(webhookId);
    if (found && isOurs(found, wanted)) return mend(box, found, wanted);
  }
  return ELSEWHERE;
}

const ELSEWHERE: Standing = {
  state: "polled",
  reason: "Box has a webhook of this application on the folder that leads elsewhere",
  hint: "Another installation uses the same Box application: give this one an application of its own. If this one was there before, set PUBLIC_URL_PREVIOUS to that address.",
};

/** Removes a webhook. One that another installation made stays; one that is gone was removed. */
export async function removeWebhook(
  box: BoxClient,
  known: KnownWebhook,
  bases: OurBases,
): Promise<void> {
  const isSure = wasOurs(known, bases);
  const standing = isSure ? undefined : await box.webhook(known.boxWebhookId);
  if (isSure || (standing && isOurs(standing, bases))) await box.deleteWebhook(known.boxWebhookId);
}

const isOurs = ({ address }: { address: string }, bases: OurBases) =>
  [bases.webhookBase, bases.formerWebhookBase].some(
    (base) => base !== undefined && isUnder(address, base),
  );

/** By where we had it lead ourselves: whatever became of its address since, we made it. */
const wasOurs = ({ address }: KnownWebhook, bases: OurBases) =>
  address !== null && isOurs({ address }, bases);

/** All addresses of this machine are one: only a sandbox delivers there, and ports change. */
function isUnder(address: string, base: string): boolean {
  if (address === base || address.startsWith(`${base}/`)) return true;
  return URL.canParse(address) && [address, base].every((url) => isLoopback(new URL(url)));
}
