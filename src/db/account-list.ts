import { and, asc, eq, inArray, ne, sql } from "drizzle-orm";
import { type AccountId, accountId } from "../core/ids.ts";
import type { Queryable } from "./open.ts";
import { accounts } from "./schema.ts";

export type AccountSummary = Awaited<ReturnType<typeof listAccounts>>[number];

export interface AccountPage {
  /** The name of the last one of the page before; names are unique whatever their case. */
  after?: string | undefined;
  limit: number;
}

/** The accounts that are not deleted, by name, without their secrets. */
export async function listAccounts(db: Queryable, { after, limit }: AccountPage) {
  const beyond = after === undefined ? undefined : sql`lower(${accounts.name}) > lower(${after})`;
  return select(db)
    .where(and(ne(accounts.state, "deleted"), beyond))
    .orderBy(asc(sql`lower(${accounts.name})`))
    .limit(limit);
}

/** One account that is not deleted, without its secrets. */
export async function findAccountSummary(
  db: Queryable,
  id: string,
): Promise<AccountSummary | undefined> {
  const [row] = await select(db).where(and(ne(accounts.state, "deleted"), eq(accounts.id, id)));
  return row;
}

/** Whether an account that is not deleted has this name, whatever its case. */
export async function isNameTaken(db: Queryable, name: string): Promise<boolean> {
  const found = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(ne(accounts.state, "deleted"), sql`lower(${accounts.name}) = lower(${name})`))
    .limit(1);
  return found.length > 0;
}

/** Box ends a developer token 60 minutes after it was made, which we take for when it was entered. */
const DEVELOPER_TOKEN_MS = 60 * 60_000;

/** When an account's credentials end by themselves at the latest; undefined for those that stay. */
export const endOfCredentials = ({
  authKind,
  renewedAt,
}: Pick<AccountSummary, "authKind" | "renewedAt">): Date | undefined =>
  authKind === "developerToken" ? new Date(renewedAt.getTime() + DEVELOPER_TOKEN_MS) : undefined;

/** OAuth 2.0 logins that are to be kept and had no new refresh token for so long. */
export async function idleLogins(db: Queryable, idleMs: number): Promise<AccountId[]> {
  const found = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(
      and(
        eq(accounts.authKind, "oauth"),
        inArray(accounts.state, ["linked", "paused"]),
        sql`${accounts.renewedAt} < now() - ${idleMs}::float8 * interval '1 ms'`,
      ),
    );
  return found.map(({ id }) => accountId(id));
}

const select = (db: Queryable) =>
  db
    .select({
      id: accounts.id,
      name: accounts.name,
      authKind: accounts.authKind,
      stream: accounts.stream,
      boxUserId: accounts.boxUserId,
      boxLogin: accounts.boxLogin,
      boxEnterpriseId: accounts.boxEnterpriseId,
      hasSignatureKeys: sql<boolean>`${accounts.signatureKeys} is not null`,
      state: accounts.state,
      reason: accounts.reason,
      stateSince: accounts.stateSince,
      renewedAt: accounts.renewedAt,
      createdAt: accounts.createdAt,
      /** Those that are not deleted. */
      sources: sql<number>`(select count(*)::int from sources s
        where s.account_id = accounts.id and s.state <> 'deleted')`,
      /** That stand at Box for its user, whichever account of that user they are of. */
      webhooks: sql<number>`(select count(*)::int from webhooks w join accounts a on a.id = w.account_id
        where a.box_user_id = accounts.box_user_id and w.state = 'registered')`,
    })
    .from(accounts)
    .$dynamic();
