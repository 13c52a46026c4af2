import { type Attributes, attributesOf, type LockRequest, newLock } from "../attributes.ts";
import type { Core } from "../core.ts";
import type { Item } from "../items.ts";
import { changedLink, type SharedLinkRequest } from "../shared-links.ts";

export interface Description {
  description?: string | undefined;
  tags?: string[] | undefined;
  /** `null` takes the lock away. */
  lock?: LockRequest | null | undefined;
  /** `null` takes the link away. */
  shared_link?: SharedLinkRequest | null | undefined;
}

/** Writes on an item. Its etag counts a change; no stream and no webhook tells of it. */
export function describe(core: Core, by: string, item: Item, asked: Description): Promise<Item> {
  return core.alone(async () => {
    core.access.need(by, item.type, item.id, "change");
    const { description, tags, lock, shared_link: link } = asked;
    const before = attributesOf(item);
    const after: Attributes = {
      ...before,
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
      ...(lock === undefined ? {} : { lock: lock && newLock(by, core.now(), lock) }),
      ...(link === undefined
        ? {}
        : { sharedLink: link && changedLink(before.sharedLink ?? null, link) }),
    };
    const attributes = JSON.stringify(after);
    if (attributes === JSON.stringify(before)) return item;
    const { etag, sequenceId } = core.items.get(item.id)!;
    return core.items.update(item.id, {
      attributes,
      etag: etag + 1,
      sequenceId: sequenceId + 1,
    });
  });
}
