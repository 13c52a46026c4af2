import type { AccountSummary } from "../../db/account-list.ts";
import type { IncidentRow } from "../../db/incident-list.ts";
import type { SourceProgress } from "../../db/source-progress.ts";
import { count } from "./format.ts";
import { AccountHeader, AccountState } from "./parts/account-state.tsx";
import { NoAccount, NoSource } from "./parts/first-steps.tsx";
import { Incidents } from "./parts/incidents.tsx";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";
import { Backfill, Counts, isBusy, Webhook } from "./parts/progress.tsx";
import { State } from "./parts/state.tsx";

export interface OverviewProps {
  accounts: AccountSummary[];
  sources: SourceProgress[];
  /** The last opened that are open, and how many more are. */
  incidents: IncidentRow[];
  furtherIncidents: number;
  /** How many failures there are, counted up to `failuresCounted`. */
  failures: number;
  failuresCounted: number;
  /** There are more accounts or sources than one page shows. */
  more: boolean;
  /** The address of this service, as people reach it. */
  origin: string;
  now: Date;
}

/** Everything at one look: each account with its sources, and how far the lake is with them. */
export const OverviewPage = (props: OverviewProps) => {
  const { accounts, sources, failures, failuresCounted, now } = props;
  return (
    <>
      <h1>Overview</h1>
      <Live path="/" busy={sources.some(isBusy)} now={now}>
        <Incidents open={props.incidents} further={props.furtherIncidents} now={now} />
        {failures > 0 && (
          <p class="alarm">
            <a href="/failures">
              {count(failures)}
              {failures === failuresCounted ? " or more" : ""}{" "}
              {failures === 1 ? "failure needs" : "failures need"} a look
            </a>
          </p>
        )}
        {accounts.length === 0 && <NoAccount origin={props.origin} />}
        {accounts.map((account) => (
          <Account
            account={account}
            sources={sources.filter((source) => source.accountId === account.id)}
            now={now}
          />
        ))}
        <p class="more">
          <a href="/accounts/link">Link an account with Box</a>,{" "}
          <a href="/metadata-fields">metadata fields</a>
        </p>
        {props.more && (
          <p class="more">
            There are more than this page shows: <code>GET /api/sources</code> lists them all.
          </p>
        )}
      </Live>
    </>
  );
};

interface AccountProps {
  account: AccountSummary;
  sources: SourceProgress[];
  now: Date;
}

const Account = ({ account, sources, now }: AccountProps) => (
  <section class="account" aria-labelledby={`account-${account.id}`}>
    <AccountHeader account={account} now={now} />
    <AccountState account={account} back="/" now={now} />
    {sources.length === 0 && account.sources === 0 ? (
      <NoSource accountId={account.id} />
    ) : (
      <>
        <ul class="sources">
          {sources.map((source) => (
            <Source source={source} now={now} />
          ))}
        </ul>
        <p class="more">
          <a href={`/sources/new/folder?account=${account.id}`}>Register another source</a>
        </p>
      </>
    )}
  </section>
);

const Source = ({ source, now }: { source: SourceProgress; now: Date }) => (
  <li class="source" id={`source-${source.id}`}>
    <div class="head">
      <h3>
        <a href={`/sources/${source.id}`}>
          <Name text={source.name} />
        </a>
      </h3>
      {source.state === "paused" && <State of="paused" />}
      <p class="aside">
        folder <Name text={source.folderName} /> <span class="id">{source.folderId}</span>
      </p>
      <p class="aside last">
        {source.lastStoredAt ? (
          <>
            last stored <Moment at={source.lastStoredAt} now={now} />
          </>
        ) : (
          "nothing stored yet"
        )}
      </p>
    </div>
    <Counts sourceId={source.id} counts={source.counts} />
    <div class="standing">
      <Backfill of={source.backfill} listing={source.listing} now={now} />
      <Webhook of={source.webhook} />
    </div>
  </li>
);
