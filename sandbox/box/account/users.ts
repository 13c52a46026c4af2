import { createHash, randomUUID } from "node:crypto";
import { boxTime } from "../clock.ts";
import type { Core } from "../core.ts";
import type { User } from "../people.ts";
import { badRequest, forbidden, notFound, Refusal } from "../refusal.ts";
import { userMini } from "../shapes.ts";

export interface NewUser {
  name: string;
  login?: string | undefined;
}

export type UserChanges = { [Field in keyof NewUser]?: NewUser[Field] | undefined };

/** Only who administers the enterprise may change its users. */
function checkAdmin(core: Core, by: string): void {
  if (by !== core.people.serviceUserId) throw forbidden();
}

/** A user of the enterprise; one without a login of their own gets Box's form of an app user's. */
export function createUser(core: Core, by: string, { name, login }: NewUser): User {
  const { people, state } = core;
  checkAdmin(core, by);
  const id = state.newId();
  const given = login ?? `AppUser_${id}@boxdevedition.com`;
  if (people.all().some((user) => user.login === given))
    throw new Refusal(409, "user_login_already_used", "User with the specified login exists");
  return state.transaction(() => {
    const user = people.add({ id, name, login: given });
    tell(core, by, "NEW_USER", user);
    return user;
  });
}

/** Another name or login. */
export function changeUser(core: Core, by: string, id: string, changes: UserChanges): User {
  checkAdmin(core, by);
  const user = core.people.user(id);
  if (!user) throw notFound("user");
  return core.people.change({
    ...user,
    name: changes.name ?? user.name,
    login: changes.login ?? user.login,
  });
}

/** Removes a user with their collaborations and webhooks; what they made in the tree stays. */
export function deleteUser(core: Core, by: string, id: string): void {
  const { people, state } = core;
  checkAdmin(core, by);
  const user = people.user(id);
  if (!user) throw notFound("user");
  if (user.service === 1) throw badRequest("user_id", "The service account stays.");
  state.transaction(() => {
    for (const table of ["collaborations", "webhooks", "tokens"])
      state.run(`delete from ${table} where userId = ?`, id);
    people.remove(id);
    tell(core, by, "DELETE_USER", user);
  });
}

/** Only the enterprise's stream tells of users. */
function tell({ state, people, now }: Core, by: string, type: string, user: User): void {
  const at = now();
  const body = {
    type: "event",
    event_id: createHash("sha1").update(randomUUID()).digest("hex"),
    event_type: type,
    created_at: boxTime(at),
    recorded_at: boxTime(at),
    created_by: userMini(people.user(by)),
    session_id: null,
    source: userMini(user),
    ip_address: "127.0.0.1",
    additional_details: null,
  };
  const row = { userId: null, type, everythingOnly: 0, createdAt: at };
  state.insert("events", { ...row, body: JSON.stringify(body) });
}
