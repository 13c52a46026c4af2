import { randomBytes } from "node:crypto";
import type { Row, State, Value } from "./state.ts";

export interface User {
  id: string;
  name: string;
  login: string;
  /** 1 for the application's own account. */
  service: number;
  /** Of another enterprise than the sandbox's own, which is `null`. */
  enterpriseId: string | null;
}

export interface People {
  clientId: string;
  clientSecret: string;
  enterpriseId: string;
  /** The application's number. */
  appId: string;
  /** The application's service account: it owns the tree. */
  serviceUserId: string;
  /** A colleague, who sees nothing until something is shared with them. */
  userId: string;
  user: (id: string) => User | undefined;
  all: () => User[];
  add: (user: Omit<User, "service" | "enterpriseId"> & Partial<User>) => User;
  /** Whether somebody of another enterprise. */
  isOutsider: (id: string) => boolean;
  change: (user: User) => User;
  remove: (id: string) => void;
  keys: { primary: string; secondary: string };
}

/** The table is strict and its columns are those of User. */
const userOf = (row: Row) => row as unknown as User;

const random = (length: number) => randomBytes(length).toString("base64url").slice(0, length);

/** The sandbox's one enterprise, one application and its people; made once, then remembered. */
export function openPeople(state: State): People {
  const { newId } = state;
  const serviceUserId = state.remembered("serviceUserId", newId);
  const userId = state.remembered("userId", newId);
  const clientId = state.remembered("clientId", () => random(32));
  const add = "insert or ignore into users (id, name, login, service) values (?, ?, ?, ?)";
  const appId = state.remembered("appId", newId);
  const login = `AutomationUser_${appId}_${clientId.slice(0, 10)}@boxdevedition.com`;
  state.run(add, serviceUserId, "Longshore Sandbox", login, 1);
  state.run(add, userId, "Robin Vale", "robin.vale@example.com", 0);
  const read = () => state.all(userOf, "select * from users order by service desc, id");
  // Every event asks for everybody.
  let users = read();
  const find = (id: string) => users.find((user) => user.id === id);

  function write(sql: string, ...values: Value[]) {
    state.run(sql, ...values);
    users = read();
  }

  return {
    clientId,
    clientSecret: state.remembered("clientSecret", () => random(32)),
    enterpriseId: state.remembered("enterpriseId", newId),
    appId,
    serviceUserId,
    userId,
    user: find,
    all: () => users,
    add({ id, name, login, enterpriseId = null }) {
      write(add, id, name, login, 0);
      if (enterpriseId !== null)
        write("update users set enterpriseId = ? where id = ?", enterpriseId, id);
      return find(id)!;
    },
    isOutsider: (id) => (find(id)?.enterpriseId ?? null) !== null,
    change(user) {
      write("update users set name = ?, login = ? where id = ?", user.name, user.login, user.id);
      return user;
    },
    remove: (id) => write("delete from users where id = ?", id),
    keys: {
      primary: state.remembered("primaryKey", () => random(32)),
      secondary: state.remembered("secondaryKey", () => random(32)),
    },
  };
}
