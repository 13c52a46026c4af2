import { ROLES, type Role } from "../access.ts";
import { boxTime } from "../clock.ts";
import type { Core } from "../core.ts";
import { type Item, ROOT } from "../items.ts";
import { badRequest, forbidden, notFound, Refusal } from "../refusal.ts";
import { type Json, userMini } from "../shapes.ts";
import type { Row } from "../state.ts";

export interface Share {
  type: Item["type"];
  id: string;
  /** A user's id, or `invite:` with the address of somebody who has no account here. */
  userId: string;
  role: Role;
}

interface Collaboration {
  id: string;
  itemId: string;
  userId: string;
  role: Role;
  createdAt: number;
  createdBy: string;
}

/** The table is strict and its columns are those of Collaboration. */
const collaborationOf = (row: Row) => row as unknown as Collaboration;

const INVITE = "invite:";

/** Somebody outside, who would have to sign up first: the collaboration stays pending for ever. */
export const invited = (login: string) => `${INVITE}${login}`;

function checkRole(role: Role): void {
  if (!ROLES.includes(role) || role === "owner")
    throw badRequest("role", `Invalid value '${role}'.`);
}

/** Shares an item, and what is below it, with another user; at once accepted. */
export function collaborate(core: Core, by: string, request: Share): Promise<Json> {
  return core.alone(async () => {
    const { item } = core.access.need(by, request.type, request.id, "share");
    if (item.id === ROOT) throw forbidden("The root folder cannot be shared");
    const { userId, role } = request;
    if (!core.people.user(userId) && !userId.startsWith(INVITE)) throw notFound("accessible_by");
    checkRole(role);
    const same = core.state.one(
      collaborationOf,
      `${SELECT} where itemId = ? and userId = ?`,
      item.id,
      userId,
    );
    const exists = core.people.user(userId) ? core.access.view(userId, item) : same;
    if (exists) throw new Refusal(400, "user_already_collaborator", "User is a collaborator");
    const now = core.now();
    const row = { id: core.state.newId(), itemId: item.id, userId, role };
    const made: Collaboration = { ...row, createdAt: now, createdBy: by };
    core.state.transaction(() => {
      core.state.insert("collaborations", made);
      core.announce({ kind: "shared", item, by, now });
    });
    return shape(core, by, made);
  });
}

/** A collaboration on an item that the caller sees. */
export function collaboration(core: Core, by: string, id: string): Json {
  return shape(core, by, find(core, by, id, "see"));
}

/** All of an item's own, without its owner and without those of the folders above. */
export function collaborationsOn(core: Core, by: string, type: Item["type"], id: string): Json[] {
  const { item } = core.access.need(by, type, id);
  const rows = core.state.all(collaborationOf, `${SELECT} where itemId = ?`, item.id);
  return rows.filter(({ role }) => role !== "owner").map((row) => shape(core, by, row));
}

/**
 * Gives the collaborator another role. Who becomes the owner is answered `undefined`: they are no
 * collaborator any more, and the one who was the owner is now an editor.
 */
export function changeRole(
  core: Core,
  by: string,
  id: string,
  role: Role,
): Promise<Json | undefined> {
  return core.alone(async () => {
    const row = find(core, by, id, "share");
    if (role === "owner") return handOver(core, by, row);
    checkRole(role);
    core.state.run("update collaborations set role = ? where id = ?", role, id);
    return shape(core, by, { ...row, role });
  });
}

function handOver({ state, now }: Core, by: string, { id, itemId }: Collaboration): undefined {
  const editor = { id: state.newId(), itemId, userId: by, role: "editor" };
  state.transaction(() => {
    state.run("delete from collaborations where itemId = ? and userId = ?", itemId, by);
    state.run("update collaborations set role = 'owner' where id = ?", id);
    state.insert("collaborations", { ...editor, createdAt: now(), createdBy: by });
  });
}

/** Ends a collaboration: its user no longer sees the item. */
export function endCollaboration(core: Core, by: string, id: string): Promise<void> {
  return core.alone(async () => {
    find(core, by, id, "share");
    core.state.run("delete from collaborations where id = ?", id);
  });
}

const SELECT = "select * from collaborations";

function find(core: Core, by: string, id: string, deed: "see" | "share"): Collaboration {
  const row = core.state.one(collaborationOf, `${SELECT} where id = ?`, id);
  const item = core.items.get(row?.itemId ?? "");
  if (!row || !item || row.role === "owner") throw notFound("collaboration");
  core.access.need(by, item.type, item.id, deed);
  return row;
}

function shape(core: Core, by: string, row: Collaboration): Json {
  const { people, access, items, shapes } = core;
  const item = items.get(row.itemId);
  const view = item && access.view(by, item);
  const pending = row.userId.startsWith(INVITE);
  const at = boxTime(row.createdAt);
  return {
    type: "collaboration",
    id: row.id,
    created_by: userMini(people.user(row.createdBy)),
    created_at: at,
    modified_at: at,
    expires_at: null,
    status: pending ? "pending" : "accepted",
    accessible_by: userMini(people.user(row.userId)),
    invite_email: pending ? row.userId.slice(INVITE.length) : null,
    role: row.role,
    acknowledged_at: pending ? null : at,
    is_access_only: false,
    item: view && !pending ? shapes.mini(view) : null,
  };
}
