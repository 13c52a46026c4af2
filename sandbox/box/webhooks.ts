import type { Access } from "./access.ts";
import { boxTime } from "./clock.ts";
import { type Item, ROOT } from "./items.ts";
import type { People } from "./people.ts";
import { badRequest, notFound, Refusal } from "./refusal.ts";
import { type Json, userMini } from "./shapes.ts";
import type { Row, State } from "./state.ts";

export interface Webhook {
  id: string;
  itemId: string;
  itemType: Item["type"];
  userId: string;
  address: string;
  triggers: string[];
  createdAt: number;
}

/** The table is strict; its columns are those of Webhook, with the triggers as JSON. */
const webhookOf = (row: Row) =>
  ({ ...row, triggers: JSON.parse(String(row["triggers"])) as string[] }) as unknown as Webhook;

export interface WebhookRequest {
  target?: { id?: string | undefined; type?: string | undefined } | undefined;
  address?: string | undefined;
  triggers?: string[] | undefined;
}

export type Webhooks = ReturnType<typeof createWebhooks>;

/**
 * The application's webhooks: one for each item and user, never on the root, at most 1000 a user.
 * https://developer.box.com/guides/webhooks/v2/limitations-v2/
 */
export function createWebhooks(state: State, access: Access, people: People) {
  function own(userId: string, id: string): Webhook {
    const sql = "select * from webhooks where id = ? and userId = ?";
    const hook = state.one(webhookOf, sql, id, userId);
    if (!hook) throw notFound("webhook");
    return hook;
  }

  function checkTarget(userId: string, target: WebhookRequest["target"]) {
    const { id, type } = target ?? {};
    if (!id || (type !== "file" && type !== "folder"))
      throw badRequest("target", "A target needs an id and the type 'file' or 'folder'.");
    if (id === ROOT) throw badRequest("target", "Webhooks cannot be put on the root folder.");
    return access.need(userId, type, id).item;
  }

  function checkFree(userId: string, itemId: string, but = "") {
    const taken = state.one(
      webhookOf,
      "select * from webhooks where userId = ? and itemId = ? and id <> ?",
      userId,
      itemId,
      but,
    );
    if (taken) throw new Refusal(409, "conflict", "A webhook on this resource already exists");
  }

  return {
    get: own,

    /** Whoever made it; for deliveries. */
    find: (id: string) => state.one(webhookOf, "select * from webhooks where id = ?", id),

    all: () => state.all(webhookOf, "select * from webhooks order by id"),

    /** A page in the order of ids. */
    list: (userId: string, after: string, limit: number): Webhook[] =>
      state.all(
        webhookOf,
        "select * from webhooks where userId = ? and id > ? order by id limit ?",
        userId,
        after,
        limit,
      ),

    /** Those on any of these items. */
    on: (itemIds: string[]): Webhook[] =>
      itemIds.flatMap((id) =>
        state.all(webhookOf, "select * from webhooks where itemId = ? order by id", id),
      ),

    create(userId: string, request: WebhookRequest, now: number): Webhook {
      const item = checkTarget(userId, request.target);
      const address = checkAddress(request.address);
      const triggers = checkTriggers(request.triggers);
      checkFree(userId, item.id);
      const id = state.newId();
      state.insert("webhooks", {
        id,
        itemId: item.id,
        itemType: item.type,
        userId,
        address,
        triggers: JSON.stringify(triggers),
        createdAt: now,
      });
      return own(userId, id);
    },

    update(userId: string, id: string, request: WebhookRequest): Webhook {
      const known = own(userId, id);
      const target = request.target && checkTarget(userId, request.target);
      if (target) checkFree(userId, target.id, id);
      state.run(
        "update webhooks set itemId = ?, itemType = ?, address = ?, triggers = ? where id = ?",
        target?.id ?? known.itemId,
        target?.type ?? known.itemType,
        request.address === undefined ? known.address : checkAddress(request.address),
        JSON.stringify(request.triggers ? checkTriggers(request.triggers) : known.triggers),
        id,
      );
      return own(userId, id);
    },

    /** What is still owed to it is forgotten with it. */
    remove(userId: string, id: string): void {
      own(userId, id);
      state.run("delete from deliveries where webhookId = ?", id);
      state.run("delete from webhooks where id = ?", id);
    },

    shape: (hook: Webhook): Json => ({
      ...webhookMini(hook),
      created_by: userMini(people.user(hook.userId)),
      created_at: boxTime(hook.createdAt),
      address: hook.address,
      triggers: hook.triggers,
    }),
  };
}

/** What a list tells: neither address nor triggers. */
export const webhookMini = (hook: Webhook): Json => ({
  id: hook.id,
  type: "webhook",
  target: { id: hook.itemId, type: hook.itemType },
});

/**
 * Box wants https on port 443 of a host that is not its own. The sandbox's one concession: plain
 * http, and any port, on this machine.
 */
function checkAddress(address: unknown): string {
  const wrong = (message: string) => badRequest("address", message);
  if (typeof address !== "string" || !URL.canParse(address)) throw wrong("Not an address.");
  const url = new URL(address);
  if (/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)) return address;
  if (url.protocol !== "https:" || url.port !== "") throw wrong("Must be https on port 443.");
  if (/(^|\.)box\.com$/.test(url.hostname)) throw wrong("Must not be a Box address.");
  return address;
}

function checkTriggers(triggers: unknown): string[] {
  const known = (name: unknown): name is string =>
    typeof name === "string" && /^[A-Z_]+\.[A-Z_]+$/.test(name);
  if (!Array.isArray(triggers) || triggers.length === 0 || !triggers.every(known))
    throw badRequest("triggers", "Must be a list of at least one trigger.");
  return triggers;
}
