import type { AccountSummary } from "../../db/account-list.ts";
import type { BudgetFigures } from "../../db/budgets.ts";
import { MOST_WEBHOOKS } from "../../db/signs.ts";
import { count } from "./format.ts";
import { AccountHeader, AccountState } from "./parts/account-state.tsx";
import { Fact, Facts } from "./parts/facts.tsx";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Pager } from "./parts/pager.tsx";

export interface AccountsProps {
  accounts: AccountSummary[];
  /** By Box user: the accounts of one share its budget. */
  budgets: ReadonlyMap<string, BudgetFigures>;
  path: string;
  older: string | undefined;
  now: Date;
}

/** Each account: whether Box lets us, and how much of what Box allows is used. */
export const AccountsPage = ({ accounts, budgets, path, older, now }: AccountsProps) => (
  <>
    <div class="title">
      <h1>Accounts</h1>
      <a href="/accounts/link">Link an account with Box</a>
    </div>
    <Live path={path} busy={false} now={now}>
      {accounts.length === 0 && (
        <p class="empty">
          No Box account is linked yet. <a href="/">The overview</a> says how to link one.
        </p>
      )}
      {accounts.map((account) => (
        <Account account={account} budget={budgets.get(account.boxUserId)} {...{ path, now }} />
      ))}
      <Pager to={older}>Further accounts</Pager>
    </Live>
  </>
);

interface AccountProps {
  account: AccountSummary;
  budget: BudgetFigures | undefined;
  path: string;
  now: Date;
}

const Account = ({ account, budget, path, now }: AccountProps) => (
  <section class="account" aria-labelledby={`account-${account.id}`}>
    <AccountHeader account={account} now={now} />
    <AccountState account={account} back={path} now={now} />
    <Facts compact>
      <Fact name="Calls to Box left this minute">
        {budget && <LeftNow of={budget} now={now} />}
      </Fact>
      <Fact name="Calls this month (UTC)">{budget && <Used of={budget} />}</Fact>
      <Fact name="Webhooks of its Box user">
        {count(account.webhooks)} of {count(MOST_WEBHOOKS)} that Box allows
      </Fact>
      <Fact name="Sources">
        {count(account.sources)}{" "}
        <a href={`/sources/new/folder?account=${account.id}`}>Register one</a>
      </Fact>
      <Fact name="Event stream">
        <code>{account.stream}</code>
      </Fact>
      <Fact name="Webhook signatures">
        {account.hasSignatureKeys ? "both keys are known" : "no keys: its folders are polled only"}{" "}
        <a href={`/accounts/${account.id}/keys`}>
          {account.hasSignatureKeys ? "Rotate" : "Enter them"}
        </a>
      </Fact>
      <Fact name="Credentials">
        {CREDENTIALS[account.authKind]}, since <Moment at={account.renewedAt} now={now} />
      </Fact>
      <Fact name="Linked">
        <Moment at={account.createdAt} now={now} />
      </Fact>
      <Fact name="Id" wide>
        <span class="id">{account.id}</span>
      </Fact>
    </Facts>
  </section>
);

const CREDENTIALS: Record<AccountSummary["authKind"], string> = {
  ccg: "client credentials",
  jwt: "an application's key (JWT)",
  oauth: "a person's grant (OAuth 2.0)",
  developerToken: "a developer token",
};

const LeftNow = ({ of, now }: { of: BudgetFigures; now: Date }) => (
  <>
    {count(of.leftThisMinute)} of {count(of.callsPerMinute)}
    {of.pausedUntil && (
      <>
        {" "}
        (Box asked us to wait: next call <Moment at={of.pausedUntil} now={now} />)
      </>
    )}
  </>
);

const Used = ({ of }: { of: BudgetFigures }) =>
  of.callsPerMonth === null ? (
    <>{count(of.usedThisMonth)}, not limited</>
  ) : (
    <>
      {count(of.usedThisMonth)} of {count(of.callsPerMonth)} (
      {count(Math.max(0, of.callsPerMonth - of.usedThisMonth))} left)
    </>
  );
