import { type AccountSummary, endOfCredentials } from "../../../db/account-list.ts";
import { Moment } from "./moment.tsx";
import { Name } from "./name.tsx";
import { State } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

interface AccountStateProps {
  account: AccountSummary;
  /** The page to return to. */
  back: string;
  now: Date;
}

/** Which account it is, how it stands, and who it is at Box. */
export const AccountHeader = ({ account, now }: { account: AccountSummary; now: Date }) => (
  <header>
    <h2 id={`account-${account.id}`}>
      <Name text={account.name} />
    </h2>
    <State of={account.state} />
    <AccountLogin account={account} now={now} />
  </header>
);

/** Why an account stands as it does and since when, and the buttons that change it. */
export const AccountState = ({ account, back, now }: AccountStateProps) => {
  const { id, state, stateSince, authKind } = account;
  return (
    <>
      {state !== "linked" && (
        <>
          <Trouble
            reason={account.reason ?? REASONS[state]}
            hint={state === "needs_relogin" ? RELOGIN[authKind] : HINTS[state]}
          />
          <p class="aside">
            began <Moment at={stateSince} now={now} />
          </p>
        </>
      )}
      {state === "linked" && account.reason !== null && <p class="aside">{account.reason}</p>}
      {state === "needs_relogin" && authKind !== "oauth" && (
        <pre class="call">
          <code>
            POST /api/accounts/{id}/test{"\n"}PUT /api/accounts/{id}/credentials
          </code>
        </pre>
      )}
      <div class="actions">
        {state === "needs_relogin" && authKind === "oauth" && (
          <Act on={id} act="grant" primary>
            Grant access to Box
          </Act>
        )}
        {state === "paused" ? (
          <Act on={id} act="resume" back={back} primary>
            Resume
          </Act>
        ) : (
          <Act on={id} act="pause" back={back}>
            Pause
          </Act>
        )}
        <Act on={id} act="test">
          Test connection
        </Act>
        {authKind === "oauth" && <a href={`/accounts/${id}/grant`}>Grant access anew</a>}
      </div>
    </>
  );
};

type Waiting = Exclude<AccountSummary["state"], "linked">;

const REASONS: Record<Waiting, string> = {
  needs_relogin: "Box refuses its credentials",
  paused: "Paused",
  deleted: "Deleted",
};

const NEW_CREDENTIALS =
  "Its work waits and nothing is given up. Put the credentials right at Box and test the account, or give it new ones.";

const RELOGIN: Record<AccountSummary["authKind"], string> = {
  oauth: "Its work waits and nothing is given up. Grant access again, as the same Box user.",
  developerToken: NEW_CREDENTIALS,
  ccg: NEW_CREDENTIALS,
  jwt: NEW_CREDENTIALS,
};

const HINTS: Record<Exclude<Waiting, "needs_relogin">, string> = {
  paused: "Box is left alone, deliveries are kept, and nothing is given up.",
  deleted: "What it stored stays.",
};

interface ActProps {
  on: string;
  act: "grant" | "pause" | "resume" | "test";
  back?: string;
  primary?: boolean;
  children: string;
}

const Act = ({ on, act, back, primary, children }: ActProps) => (
  <form method="post" action={`/accounts/${on}/${act}`}>
    {back && <input type="hidden" name="back" value={back} />}
    <button type="submit" class={primary ? "primary" : undefined}>
      {children}
    </button>
  </form>
);

/** As whom an account speaks to Box, beside its name. */
const AccountLogin = ({ account, now }: { account: AccountSummary; now: Date }) => {
  const endsAt = endOfCredentials(account);
  return (
    <span class="aside">
      {account.boxLogin && <Name text={account.boxLogin} />}{" "}
      {account.boxEnterpriseId && <>enterprise {account.boxEnterpriseId}</>}{" "}
      {endsAt && (
        <>
          for testing: the developer token {endsAt > now ? "ends" : "ended"}{" "}
          <Moment at={endsAt} now={now} />
        </>
      )}
    </span>
  );
};
