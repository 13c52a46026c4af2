import { createHash, randomUUID } from "node:crypto";
import type { View } from "./access.ts";
import { boxTime } from "./clock.ts";
import { type Happening, type Tellers, wordsFor } from "./happening.ts";
import { folderMini, type Json, userMini } from "./shapes.ts";

/** Writes what happened into the feed of everybody who sees it, and into the enterprise's. */
export function createEventTeller({ state, items, people, access, shapes }: Tellers) {
  function addEvent(userId: string | null, type: string, happening: Happening, body: Json) {
    state.insert("events", {
      userId,
      type,
      everythingOnly: happening.kind === "downloaded" ? 1 : 0,
      createdAt: happening.now,
      body: JSON.stringify(body),
    });
  }

  function announceToUsers(type: string, happening: Happening) {
    const event = eventBase(type, happening);
    // Only the owner is told of a new collaboration; the collaborator finds the folder.
    const readers = access
      .readers(happening.item)
      .filter(({ userId }) => happening.kind !== "shared" || userId === ownerOf(happening));
    for (const { userId, view } of readers)
      addEvent(userId, type, happening, { ...event, source: userSource(view) });
  }

  const ownerOf = ({ item }: Happening) => items.owner(item) ?? people.serviceUserId;

  function userSource(view: View): Json {
    const source = shapes.item(view);
    return view.item.trashedAt === null ? source : { ...source, item_status: "deleted" };
  }

  /**
   * Enterprise events name things in their own way, and tell neither content nor path. What others do
   * in a folder of theirs is none of the enterprise's.
   */
  function announceToEnterprise(type: string, happening: Happening) {
    const { item } = happening;
    const owner = ownerOf(happening);
    if (people.isOutsider(owner) && people.isOutsider(happening.by)) return;
    const parent = item.parentId === null ? undefined : items.get(item.parentId);
    const version = items.version(item.versionId ?? "");
    const { type: _, id, name } = parent ? folderMini(parent) : { type: "", id: null, name: null };
    addEvent(null, type, happening, {
      ...eventBase(type, happening),
      source: {
        item_type: item.type,
        item_id: item.id,
        item_name: item.name,
        parent: parent ? { type: "folder", name, id } : null,
        owned_by: userMini(people.user(owner)),
      },
      ip_address: "127.0.0.1",
      additional_details: {
        ...(version ? { size: version.size, version_id: version.id } : {}),
        service_id: people.appId,
        service_name: "Longshore Sandbox",
      },
    });
  }

  const eventBase = (type: string, happening: Happening): Json => ({
    type: "event",
    event_id: createHash("sha1").update(randomUUID()).digest("hex"),
    event_type: type,
    created_at: boxTime(happening.now),
    recorded_at: boxTime(happening.now),
    created_by: userMini(people.user(happening.by)),
    session_id: null,
  });

  return (happening: Happening) => {
    const { user, enterprise } = wordsFor(happening);
    if (user) announceToUsers(user, happening);
    if (enterprise) announceToEnterprise(enterprise, happening);
  };
}
