import { randomUUID } from "node:crypto";
import type { Item } from "./items.ts";
import type { SharedLink } from "./shared-links.ts";

/** What a person writes on an item, besides its name and its place. */
export interface Attributes {
  description?: string;
  tags?: string[];
  lock?: Lock | null;
  sharedLink?: SharedLink | null;
}

interface Lock {
  id: string;
  by: string;
  createdAt: number;
  expiresAt: number | null;
  preventsDownload: boolean;
}

export interface LockRequest {
  access?: "lock" | undefined;
  expires_at?: string | undefined;
  is_download_prevented?: boolean | undefined;
}

/** What is kept of an item beside its columns; none is an empty one. */
export const attributesOf = (item: Item): Attributes =>
  JSON.parse(item.attributes ?? "{}") as Attributes;

/** A lock as it was asked for, held by this user from now on. */
export const newLock = (by: string, now: number, request: LockRequest): Lock => ({
  id: randomUUID(),
  by,
  createdAt: now,
  expiresAt: request.expires_at === undefined ? null : Date.parse(request.expires_at),
  preventsDownload: request.is_download_prevented ?? false,
});
