import { and, eq, inArray } from "drizzle-orm";
import { Failure } from "../core/failure.ts";
import { accountId as asAccountId } from "../core/ids.ts";
import { accounts } from "../db/schema.ts";
import { openCredentials } from "../operations/kept-credentials.ts";
import { returnToEnterprise, speaksForEnterprise } from "../operations/streams.ts";
import type { Handler, JobDeps } from "./task.ts";

/**
 * Asks Box again, for every account that could not read its enterprise's events, whether it may by
 * now: one call an account. With an account, for that one alone.
 */
export function createChooseStreams(
  deps: Pick<JobDeps, "db" | "boxes" | "secrets" | "log">,
): Handler<"choose_streams"> {
  return async ({ accountId }, signal) => {
    const own = await deps.db
      .select({ id: accounts.id, credentials: accounts.credentials })
      .from(accounts)
      .where(
        and(
          eq(accounts.state, "linked"),
          eq(accounts.stream, "changes"),
          // Others never speak for an enterprise.
          inArray(accounts.authKind, ["ccg", "jwt"]),
          accountId === undefined ? undefined : eq(accounts.id, accountId),
        ),
      );
    let asked = 0;
    let returned = 0;
    for (const { id, credentials } of own) {
      if (signal.aborted) break;
      try {
        const auth = credentials && openCredentials(deps.secrets, credentials, id);
        if (!auth || !speaksForEnterprise(auth)) continue;
        asked++;
        if (await returnToEnterprise(deps, asAccountId(id))) returned++;
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        deps.log.warn({ "account.id": id, failure: error.kind }, error.message);
      }
    }
    if (asked === 0) return { outcome: "idle" };
    const fields = { accounts: asked, returned };
    return { outcome: "done", note: "Asked again for the enterprise's events", fields };
  };
}
