import type { Change } from "../core/change.ts";
import type { EventStream } from "../core/streams.ts";
import { EVENT_READERS, type EventItem, isTaking } from "./event-readers.ts";
import { hashedId } from "./hashed-id.ts";
import { eventIdOf, type Fields, fieldsOf, idOf, textOf, timeOf } from "./json.ts";

export interface ReadEvent {
  /** Box's own, or a hash of the event when it has none: the same event read again has the same. */
  eventId: string;
  eventType: string;
  /** Box's clock. */
  happenedAt: Date | undefined;
  changes: Change[];
  /** Of an event that a user was added to a group: those that it names, if it names any. */
  addedToGroup?: string[];
  /** Why an event that changes the tree could not be read. */
  odd?: string;
}

/**
 * What an entry of a stream says has changed. Never throws, whatever the entry is. Event types are
 * an open set: those that put nothing into a folder, and those that are new to us, change nothing.
 */
export function readEvent(stream: EventStream, raw: unknown): ReadEvent {
  const event = fieldsOf(raw);
  const eventId = eventIdOf(event["event_id"]) ?? hashedId(JSON.stringify(raw) ?? typeof raw);
  const eventType = textOf(event["event_type"]) || "unknown";
  const happenedAt = timeOf(event["created_at"]);
  const read = (rest: Pick<ReadEvent, "changes" | "odd" | "addedToGroup">) => ({
    eventId,
    eventType,
    happenedAt,
    ...rest,
  });

  if (eventType === "GROUP_ADD_USER") return read({ changes: [], addedToGroup: usersIn(event) });
  const reader = EVENT_READERS[stream].get(eventType);
  if (reader === undefined) return read({ changes: [] });
  const item = itemOf(event, eventType);
  if (typeof item === "string")
    return read(isTaking(eventType) ? { changes: [] } : { changes: [], odd: item });
  return read({ changes: item === undefined ? [] : [reader[item.type](item)].flat() });
}

/** Where a user is named; Box's documents show users in each of these, and no event of this type. */
function usersIn(event: Fields): string[] {
  const source = fieldsOf(event["source"]);
  const ids = [
    source["type"] === "user" ? source["id"] : undefined,
    source["user_id"],
    fieldsOf(event["accessible_by"])["id"],
    fieldsOf(event["additional_details"])["user_id"],
  ];
  return ids.flatMap((id) => idOf(id) ?? []);
}

/** The file or folder an event is about; `undefined` for other things, a sentence for odd ones. */
function itemOf(event: Fields, eventType: string): EventItem | string | undefined {
  const source = fieldsOf(event["source"]);
  const found = namesIn(source).find(([type]) => type === "file" || type === "folder");
  if (found === undefined)
    return textOf(source["type"] ?? source["item_type"]) === undefined
      ? `${eventType} does not say what it happened to`
      : undefined;
  const type = found[0] === "file" ? "file" : "folder";
  const id = idOf(found[1]);
  if (id === undefined) return `${eventType} names a ${type} without a readable id`;
  return { eventType, type, id, source, details: fieldsOf(event["additional_details"]) };
}

/**
 * Where Box puts type and id: user events hold the item itself, enterprise events spell its fields
 * differently, and collaborations name it beside the person invited.
 */
function namesIn(source: Fields): [type: unknown, id: unknown][] {
  const item = fieldsOf(source["item"]);
  return [
    [source["type"], source["id"]],
    [source["item_type"], source["item_id"]],
    [item["type"], item["id"]],
    ["folder_id" in source ? "folder" : undefined, source["folder_id"]],
    ["file_id" in source ? "file" : undefined, source["file_id"]],
  ];
}
