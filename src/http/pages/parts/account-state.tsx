import type { AccountSummary } from "../../../db/account-list.ts";
import { Moment } from "./moment.tsx";
import { Trouble } from "./trouble.tsx";

interface AccountStateProps {
  account: AccountSummary;
  now: Date;
}

/** Why an account stands as it does and since when, and the buttons that change it. */
export const AccountState = ({ account, now }: AccountStateProps) => {
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
          <Act on={id} act="resume" primary>
            Resume
          </Act>
        ) : (
          <Act on={id} act="pause">
            Pause
          </Act>
        )}
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
  act: "grant" | "pause" | "resume";
  primary?: boolean;
  children: string;
}

const Act = ({ on, act, primary, children }: ActProps) => (
  <form method="post" action={`/accounts/${on}/${act}`}>
    <button type="submit" class={primary ? "primary" : undefined}>
      {children}
    </button>
  </form>
);
