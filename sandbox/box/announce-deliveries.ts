import { randomUUID } from "node:crypto";
import type { View } from "./access.ts";
import { type Happening, type Tellers, wordsFor } from "./happening.ts";
import type { Item } from "./items.ts";
import { type Json, userMini } from "./shapes.ts";
import type { Webhook } from "./webhooks.ts";
import { deliveryBase } from "./delivery-body.ts";
import { phpJson } from "./wire.ts";

/**
 * Owes a delivery to every webhook on the item, on a folder above it, or, for a move, above where
 * it was; if it asks for the trigger and its owner sees the item. `wake` says that there is one.
 */
export function createDeliveryTeller(tellers: Tellers, wake: () => void) {
  const { state, items, people, access, shapes, webhooks, hasSession } = tellers;
  const line = (at: Item) => items.line(at).map(({ id }) => id);

  function send(hook: Webhook, view: View, trigger: string, id: string, happening: Happening) {
    if (!hook.triggers.includes(trigger)) return;
    const { item, by, now } = happening;
    const owe = (told: string, body: Json) =>
      state.insert("deliveries", {
        webhookId: hook.id,
        trigger: told,
        body: phpJson(body),
        dueAt: now,
      });
    if (!hasSession()) return owe(MUTE, deliveryBase(hook.id, MUTE, id, now));
    const gone = trigger.endsWith(".TRASHED") || trigger.endsWith(".DELETED");
    return owe(trigger, {
      ...deliveryBase(hook.id, trigger, id, now),
      created_by: userMini(people.user(by)),
      source: gone ? { id: item.id, type: item.type } : shapes.item(view),
      additional_info: additionalInfo(trigger, happening),
    });
  }

  return (happening: Happening) => {
    const { item, from } = happening;
    const { trigger } = wordsFor(happening);
    if (!trigger) return;
    const here = line(item);
    const before = from ? line(from) : [];
    // The same for every webhook; a move into a folder is a second thing to tell.
    const id = randomUUID();
    const enteredId = randomUUID();
    for (const hook of webhooks.on([...new Set([...here, ...before])])) {
      const view = access.view(hook.userId, item);
      if (!view) continue;
      send(hook, view, `${item.type.toUpperCase()}.${trigger}`, id, happening);
      // The guide says that a file moved into the folder counts as uploaded to it, too.
      const entered = from && here.includes(hook.itemId) && !before.includes(hook.itemId);
      if (entered && item.type === "file") send(hook, view, "FILE.UPLOADED", enteredId, happening);
    }
    wake();
  };
}

/** What Box tells when it may not look for who made the webhook: that something happened. */
const MUTE = "NO_ACTIVE_SESSION";

/** Box writes an empty list where there is nothing to add, an object otherwise. */
function additionalInfo(trigger: string, { oldName, from, item }: Happening): Json | [] {
  if (trigger.endsWith(".RENAMED")) return { old_name: oldName };
  if (trigger.endsWith(".MOVED") && from)
    return {
      before: { id: from.id, type: "folder" },
      after: { id: item.parentId, type: "folder" },
    };
  return [];
}
