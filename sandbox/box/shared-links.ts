import { randomBytes } from "node:crypto";
import { boxTime, parseTime } from "./clock.ts";
import type { Item } from "./items.ts";
import { badRequest } from "./refusal.ts";

/** The address for people that leads to one item. */
export interface SharedLink {
  key: string;
  access: "open" | "company" | "collaborators";
  password: string | null;
  unsharedAt: number | null;
  canDownload: boolean;
  canEdit: boolean;
}

export interface SharedLinkRequest {
  access?: SharedLink["access"] | undefined;
  /** `null` takes it away. */
  password?: string | null | undefined;
  unshared_at?: string | null | undefined;
  permissions?: { can_download?: boolean | undefined; can_edit?: boolean | undefined } | undefined;
}

/** The link as it is after the request; what the request leaves out stays, and so does the address. */
export function changedLink(before: SharedLink | null, asked: SharedLinkRequest): SharedLink {
  const access = asked.access ?? before?.access ?? "open";
  if (asked.password && access !== "open")
    throw badRequest("password", "A password needs the access 'open'.");
  const password = asked.password === undefined ? (before?.password ?? null) : asked.password;
  const until =
    asked.unshared_at === undefined
      ? before?.unsharedAt
      : parseTime(asked.unshared_at ?? undefined);
  return {
    key: before?.key ?? randomBytes(16).toString("hex"),
    access,
    password: access === "open" ? password : null,
    unsharedAt: until ?? null,
    canDownload: asked.permissions?.can_download ?? before?.canDownload ?? true,
    canEdit: asked.permissions?.can_edit ?? before?.canEdit ?? false,
  };
}

const HOST = "https://sandbox.app.box.com";

/** https://developer.box.com/reference/resources/file/#param-shared_link */
export function sharedLinkShape({ type, name }: Item, link: SharedLink): Record<string, unknown> {
  const canDownload = link.access !== "collaborators" && link.canDownload;
  const extension = /\.[^.]+$/.exec(name)?.[0] ?? "";
  const permission = link.canEdit ? "can_edit" : canDownload ? "can_download" : "can_preview";
  return {
    url: `${HOST}/s/${link.key}`,
    download_url:
      type === "file" && canDownload ? `${HOST}/shared/static/${link.key}${extension}` : null,
    vanity_url: null,
    vanity_name: null,
    access: link.access,
    effective_access: link.access,
    effective_permission: permission,
    unshared_at: link.unsharedAt === null ? null : boxTime(link.unsharedAt),
    is_password_enabled: link.password !== null,
    permissions: { can_download: canDownload, can_preview: true, can_edit: link.canEdit },
    download_count: 0,
    preview_count: 0,
  };
}

/** What stands after `/s/` in a shared link's address. */
export const keyIn = (address: string): string | undefined => /\/s\/(\w+)$/.exec(address)?.[1];
