import type { BoxCredentials } from "../box/credentials.ts";
import type { AccountId, FolderId } from "../core/ids.ts";
import { findAccount } from "../db/accounts.ts";
import { type AccountDeps, testAccount } from "./accounts.ts";
import { openCredentials } from "./kept-credentials.ts";
import { type ConnectionReport, testConnection } from "./test-connection.ts";

export interface Trial {
  auth: BoxCredentials;
  hasSignatureKeys: boolean;
  folderId: FolderId | undefined;
}

/** Tests credentials that no account is linked with. Nothing is kept of them. */
export function tryCredentials(
  { boxes, webhookBase }: Pick<AccountDeps, "boxes" | "webhookBase">,
  { auth, hasSignatureKeys, folderId }: Trial,
): Promise<ConnectionReport> {
  const box = boxes.trial(auth);
  const whoAmI = () => box.whoAmI();
  return testConnection({ box, auth, whoAmI, hasSignatureKeys, webhookBase, folderId });
}

/**
 * Tests an account, which is linked again when Box accepts its credentials, and waits when Box does not.
 * Undefined when there is no such account.
 */
export async function tryAccount(
  deps: AccountDeps,
  id: AccountId,
  folderId: FolderId | undefined,
): Promise<ConnectionReport | undefined> {
  const row = await findAccount(deps.db, id);
  if (!row) return undefined;
  return testConnection({
    box: await deps.boxes.of(id),
    auth: row.credentials ? openCredentials(deps.secrets, row.credentials, id) : undefined,
    whoAmI: () => testAccount(deps, id),
    hasSignatureKeys: row.signatureKeys !== null,
    webhookBase: deps.webhookBase,
    folderId,
  });
}
