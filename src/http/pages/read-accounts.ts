import { listAccounts } from "../../db/account-list.ts";
import { budgetFigures } from "../../db/budgets.ts";
import { cutPage } from "../cut-page.ts";
import type { HttpDeps } from "../deps.ts";
import type { AccountsProps } from "./accounts.tsx";
import { address } from "./address.ts";

const SHOWN = 50;

/** What the page of accounts shows; `after` is the name of the last one of the page before. */
export async function readAccounts(
  { db, callsPerMinute }: Pick<HttpDeps, "db" | "callsPerMinute">,
  after: string | undefined,
): Promise<AccountsProps> {
  const found = await listAccounts(db, { after, limit: SHOWN + 1 });
  const { shown: accounts, last } = cutPage(found, SHOWN);
  const users = accounts.map(({ boxUserId }) => boxUserId);
  return {
    accounts,
    budgets: await budgetFigures(db, users, callsPerMinute),
    path: address("/accounts", { after }),
    older: last && address("/accounts", { after: last.name }),
    now: new Date(),
  };
}
