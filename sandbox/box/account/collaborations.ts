import { ROLES, type Role } from "../access.ts";
import { boxTime } from "../clock.ts";
import type { Core } from "../core.ts";
import { type Item, ROOT } from "../items.ts";
import { badRequest, forbidden, notFound, Refusal } from "../refusal.ts";
import { type Json, userMini } from "../shapes.ts";

export interface Share {
  type: Item["type"];
  id: string;
  userId: string;
  role: Role;
}

/** Shares an item, and what is below it, with another user; at once accepted. */
export function collaborate(core: Core, by: string, request: Share): Promise<Json> {
  return core.alone(async () => {
    const { item } = core.access.need(by, request.type, request.id, "share");
    if (item.id === ROOT) throw forbidden("The root folder cannot be shared");
    const user = core.people.user(request.userId);
    if (!user) throw notFound("accessible_by");
    if (!ROLES.includes(request.role) || request.role === "owner")
      throw badRequest("role", `Invalid value '${request.role}'.`);
    const exists = core.access.view(user.id, item);
    if (exists) throw new Refusal(400, "user_already_collaborator", "User is a collaborator");
    const now = core.now();
    const id = core.state.newId();
    core.state.transaction(() => {
      const row = { id, itemId: item.id, userId: user.id, role: request.role };
      core.state.insert("collaborations", { ...row, createdAt: now, createdBy: by });
      core.announce({ kind: "shared", item, by, now });
    });
    return {
      type: "collaboration",
      id,
      created_by: userMini(core.people.user(by)),
      created_at: boxTime(now),
      modified_at: boxTime(now),
      expires_at: null,
      status: "accepted",
      accessible_by: userMini(user),
      invite_email: null,
      role: request.role,
      acknowledged_at: boxTime(now),
      is_access_only: false,
      item: core.shapes.mini(core.access.view(by, item)!),
    };
  });
}

/** Ends a collaboration: its user no longer sees the item. */
export function endCollaboration(core: Core, by: string, id: string): Promise<void> {
  return core.alone(async () => {
    const sql = "select itemId from collaborations where id = ?";
    const itemId = core.state.one((row) => String(row["itemId"]), sql, id);
    const item = core.items.get(itemId ?? "");
    if (!item) throw notFound("collaboration");
    core.access.need(by, item.type, item.id, "share");
    core.state.run("delete from collaborations where id = ?", id);
  });
}
