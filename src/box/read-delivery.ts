import type { Change } from "../core/change.ts";
import { listFolder, lookAtFile, walkTree } from "./changes.ts";
import { parentIdOf, placeOf, readFile, versionChange } from "./items.ts";
import { hashedId } from "./hashed-id.ts";
import { eventIdOf, type Fields, fieldsOf, idOf, parseJson, textOf, timeOf } from "./json.ts";
import { isWebhookTrigger, type WebhookTrigger } from "./webhook-triggers.ts";

export type Delivery =
  | {
      readable: true;
      /** The same over Box's retries, and over two webhooks that saw one event. */
      eventId: string;
      webhookId: string;
      trigger: string;
      /** Box's clock; the body may have waited for two hours of retries. */
      happenedAt: Date | undefined;
      changes: Change[];
      /** A sentence for the operator, when the delivery says that something needs a look. */
      note?: string;
    }
  | { readable: false; reason: string };

interface Reading {
  changes: Change[];
  note?: string;
}

/**
 * What a signed delivery says has changed. Never throws: a body that is no delivery is
 * `readable: false`, and a trigger that is new to us is readable, changes nothing and is noted.
 */
export function readDelivery(body: Uint8Array): Delivery {
  let raw: unknown;
  try {
    raw = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return { readable: false, reason: "The body is not JSON in UTF-8." };
  }
  const delivery = fieldsOf(raw);
  const trigger = textOf(delivery["trigger"]);
  if (!trigger) return { readable: false, reason: "The body names no trigger." };
  const webhookId = idOf(fieldsOf(delivery["webhook"])["id"]);
  if (webhookId === undefined)
    return { readable: false, reason: `The body names no webhook (trigger ${trigger}).` };
  // Box leaves out much of a body when a session has ended; the event id with it.
  const eventId = eventIdOf(delivery["id"]) ?? hashedId(body);
  const happenedAt = timeOf(delivery["created_at"]);
  const reading = read(trigger, webhookId, delivery);
  return { readable: true, eventId, webhookId, trigger, happenedAt, ...reading };
}

function read(trigger: string, webhookId: string, delivery: Fields): Reading {
  if (isWebhookTrigger(trigger)) return readItem(trigger, delivery);
  if (trigger === "NO_ACTIVE_SESSION")
    return {
      changes: [],
      note: `Box cannot describe events to webhook ${webhookId}: the session of the account that made it has ended. Authorise the application again in Box's Admin Console, or link the account anew.`,
    };
  if (trigger === "WEBHOOK.DELETED") {
    const reason = textOf(fieldsOf(delivery["additional_info"])["reason"])?.slice(0, 100);
    return {
      changes: [],
      note: `Box removed webhook ${webhookId} (${reason ?? "no reason given"}). See that deliveries reach PUBLIC_URL and that the account's application is still authorised.`,
    };
  }
  return isQuiet(trigger) ? { changes: [] } : { changes: [], note: `unknown trigger ${trigger}` };
}

/** Triggers that put nothing into a folder. They come when a webhook was made by other hands. */
const QUIET =
  /^(FILE\.(TRASHED|DELETED|DOWNLOADED|PREVIEWED|LOCKED|UNLOCKED)|FOLDER\.(TRASHED|DELETED|DOWNLOADED)|(COMMENT|TASK_ASSIGNMENT|METADATA_INSTANCE|COLLABORATION|SHARED_LINK|SIGN_REQUEST)\.[A-Z_]+)$/;

const isQuiet = (trigger: string) => QUIET.test(trigger);

function readItem(trigger: WebhookTrigger, delivery: Fields): Reading {
  const source = fieldsOf(delivery["source"]);
  const type = textOf(source["type"]);
  const expected = trigger.startsWith("FILE.") ? "file" : "folder";
  if (type !== undefined && type !== expected) return { changes: [] };
  const id = idOf(source["id"]);
  if (id === undefined)
    return { changes: [], note: `${trigger} names no item: its change is lost` };
  return { changes: READERS[trigger]({ trigger, id, source, delivery }) };
}

interface Item {
  trigger: WebhookTrigger;
  id: string;
  source: Fields;
  delivery: Fields;
}

const READERS: Record<WebhookTrigger, (item: Item) => Change[]> = {
  "FILE.UPLOADED": versionOrFile,
  "FILE.RENAMED": versionOrFile,
  "FILE.COPIED": fileAndItsFolder,
  "FILE.MOVED": fileAndItsFolder,
  "FILE.RESTORED": fileAndItsFolder,
  "FOLDER.CREATED": (item) => tree(item, false),
  "FOLDER.RENAMED": (item) => tree(item, false),
  "FOLDER.COPIED": (item) => tree(item, true),
  "FOLDER.MOVED": (item) => tree(item, true),
  "FOLDER.RESTORED": (item) => tree(item, true),
};

/** Uploads and renames show the file whole, so that Box need not be asked unless something is odd. */
function versionOrFile({ trigger, id, source }: Item): Change[] {
  const change = versionChange(readFile(source));
  return [change ?? lookAtFile(id, trigger)];
}

/**
 * It is nowhere written whether `source` is the old file or the new one, so the file is read and the
 * folder it names is listed; a move names its new folder in `after`, too.
 */
function fileAndItsFolder({ trigger, id, source, delivery }: Item): Change[] {
  const after = fieldsOf(fieldsOf(delivery["additional_info"])["after"])["id"];
  const parents = new Set<string | undefined>([parentIdOf(source), idOf(after)]);
  return [
    lookAtFile(id, trigger),
    ...[...parents].flatMap((parent) => (parent === undefined ? [] : listFolder(parent, trigger))),
  ];
}

/** A copy may be named by the folder it came from, so only the others say where the folder lies. */
function tree({ trigger, id, source }: Item, repeat: boolean): Change[] {
  const at = trigger === "FOLDER.COPIED" ? undefined : placeOf(source);
  const change = walkTree(id, trigger, { repeat });
  return [at === undefined ? change : { ...change, at }];
}
