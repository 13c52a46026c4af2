import { eq, sql } from "drizzle-orm";
import { Failure } from "../core/failure.ts";
import type { AccountId } from "../core/ids.ts";
import type { Transaction } from "./open.ts";
import { accounts } from "./schema.ts";

/** Far longer than a process takes that holds the lock: PostgreSQL ends an idle one after 60 s. */
const LOCK_TIMEOUT_MS = 90_000;

/**
 * Keeps everybody else from changing an account, by its row, until the transaction ends. It leaves
 * foreign keys alone (`no key update`): deliveries and events go on being kept meanwhile. Undefined
 * when there is no such row; a deleted account has one. Throws `transient` when somebody else holds
 * it for longer than `timeoutMs`.
 */
export async function lockAccount(
  tx: Transaction,
  account: AccountId,
  timeoutMs = LOCK_TIMEOUT_MS,
) {
  await tx.execute(sql.raw(`set local lock_timeout = ${timeoutMs}`));
  try {
    const [row] = await tx
      .select()
      .from(accounts)
      .where(eq(accounts.id, account))
      .for("no key update");
    return row;
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
    const seconds = Math.ceil(timeoutMs / 1000);
    throw new Failure(
      "transient",
      `Another process has been changing this account's credentials for ${seconds} s`,
      {
        hint: "It is tried again. If it stays so, look for a process or a database session that hangs.",
        cause: error,
      },
    );
  }
}

/** PostgreSQL's `lock_not_available`, wherever in the chain of causes the driver said so. */
function isLockTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ("code" in error && error.code === "55P03") || isLockTimeout(error.cause);
}
