import { ROOT } from "../../sandbox/box/items.ts";
import type { Account, Ref } from "../../sandbox/box/account.ts";
import type { House } from "../support/house.ts";

/** `enterprise`: the service account, which sees the whole tree; `user`: a viewer of folders in it; `outsider`: of another enterprise. */
export type Subject = "enterprise" | "user" | "outsider";

/** An account of the service, and who it is in Box. */
export interface Reader {
  /** Longshore's id of the account. */
  id: string;
  boxUserId: string;
  subject: Subject;
  paused: boolean;
  /** It was deleted, with its sources. */
  ended: boolean;
}

/** A folder that may be shared with somebody, and by which collaboration it is. */
export interface Sharing {
  folder: Ref;
  userId: string;
  collaboration: string | undefined;
}

export async function linkReader(house: House, reader: Omit<Reader, "id">, name: string) {
  const { signatureKeys } = house.box;
  const linked = { name, auth: credentialsOf(house, reader), signatureKeys };
  const { id } = await house.api<{ id: string }>("POST", "/api/accounts", linked);
  return { id, ...reader };
}

export function credentialsOf({ box }: House, { subject, boxUserId }: Omit<Reader, "id">) {
  const { clientId, clientSecret, enterpriseId } = box.ccg;
  const auth = { kind: "ccg", clientId, clientSecret };
  return subject === "enterprise"
    ? { ...auth, subject, subjectId: enterpriseId }
    : { ...auth, subject: "user", subjectId: boxUserId };
}

/** Lets a user look at a folder; answers the collaboration's id. */
export async function share({ box }: House, { type, id }: Ref, userId: string): Promise<string> {
  const made = await box.account.collaborate({ type, id, userId, role: "viewer" });
  return String(made["id"]);
}

/**
 * Who works in a folder or on a file: in a partner's own folder the partner, of whose deeds the enterprise's
 * events tell nothing; else the tree's owner.
 */
export function workerIn(account: Account, id: string, partner: Ref | undefined, userId: string) {
  for (let item = account.item(id); item && item.id !== ROOT; item = account.item(item.parentId!))
    if (item.id === partner?.id) return userId;
  return undefined;
}
