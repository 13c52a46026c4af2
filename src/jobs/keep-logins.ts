import { Failure } from "../core/failure.ts";
import { idleLogins } from "../db/account-list.ts";
import { markNeedsRelogin } from "../db/accounts.ts";
import type { Handler, JobDeps } from "./task.ts";
import { linkAgain } from "../operations/wake-debts.ts";

/** Box forgets an OAuth 2.0 login 60 days after its last use: https://developer.box.com/guides/authentication/tokens/refresh/. */
const IDLE_MS = 7 * 24 * 3_600_000;

/**
 * Renews the OAuth 2.0 logins that nobody has used for a week: those of accounts without sources and
 * of paused ones. One request for a token each, and none for a login that is in use. A login that Box
 * refuses is noted in its account, and the others are renewed all the same; what else goes wrong is
 * tried again the next day, of which there are fifty.
 */
export function createKeepLogins({
  db,
  boxes,
}: Pick<JobDeps, "db" | "boxes">): Handler<"keep_logins"> {
  return async (_, signal) => {
    const idle = await idleLogins(db, IDLE_MS);
    let failed: Failure | undefined;
    for (const account of idle) {
      if (signal.aborted) break;
      try {
        await (await boxes.of(account)).logIn();
        await linkAgain(db, account);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failed = error;
        if (error.kind === "unauthorized") await markNeedsRelogin(db, account, error.message);
      }
    }
    if (failed) return { outcome: "set_back", failure: failed, dueAt: undefined };
    if (idle.length === 0) return { outcome: "idle" };
    return { outcome: "done", note: "Renewed idle logins", fields: { accounts: idle.length } };
  };
}
