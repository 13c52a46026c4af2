import type { SourceProgress } from "../../db/source-progress.ts";
import type { ObjectState, StoredVersion } from "../../db/version-search.ts";
import { Fact, Facts } from "./parts/facts.tsx";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";
import { Backfill, Counts, isBusy, Webhook } from "./parts/progress.tsx";
import { State, words } from "./parts/state.tsx";
import { VersionTable } from "./parts/version-table.tsx";

export interface SourcePageProps {
  source: SourceProgress;
  /** Which event stream its account is read by. */
  stream: string | undefined;
  /** How its objects are named in the lake. */
  objectNames: string;
  versions: StoredVersion[];
  /** Only versions in this state are shown. */
  state: ObjectState | undefined;
  /** The address of this page as it is shown, without what it told once. */
  path: string;
  /** Not the newest ones but older. */
  paged: boolean;
  /** Where the next older ones are. */
  older: string | undefined;
  now: Date;
}

/** One source: what it takes, how far it is, and its newest versions. */
export const SourcePage = (props: SourcePageProps) => {
  const { source, state, now } = props;
  return (
    <>
      <div class="title">
        <h1>
          <Name text={source.name} />
        </h1>
        <State of={source.state === "paused" ? "paused" : "active"} />
      </div>
      {source.description && (
        <p class="lead">
          <Name text={source.description} />
        </p>
      )}
      <Live path={props.path} busy={isBusy(source)} now={now}>
        <section class="panel" aria-label="Progress">
          <Counts sourceId={source.id} counts={source.counts} />
          <div class="standing">
            <Backfill of={source.backfill} />
            <Webhook of={source.webhook} />
          </div>
        </section>
        <section aria-label="Facts">
          <SourceFacts {...props} />
        </section>
        <section aria-labelledby="versions">
          <div class="title">
            <h2 id="versions">
              {state
                ? `Versions ${words(state)}`
                : props.paged
                  ? "Older versions"
                  : "Newest versions"}
            </h2>
            {(state || props.paged) && <a href={`/sources/${source.id}`}>all, newest first</a>}
          </div>
          {props.versions.length === 0 ? (
            <p class="empty">{nothing(state)}</p>
          ) : (
            <VersionTable versions={props.versions} now={now} />
          )}
          {props.older && (
            <p class="pager">
              <a href={props.older} rel="next">
                Older
              </a>
            </p>
          )}
        </section>
      </Live>
    </>
  );
};

const nothing = (state: ObjectState | undefined) =>
  state
    ? `No version of this source is ${words(state)}.`
    : "Nothing was noticed yet. Files that lie in the folder are found by the backfill; a new file is noticed as it arrives.";

const SourceFacts = ({ source, stream, objectNames, now }: SourcePageProps) => (
  <Facts compact>
    <Fact name="Box folder">
      <Name text={source.folderName} /> <span class="id">{source.folderId}</span>
    </Fact>
    <Fact name="Account">
      <Name text={source.accountName} />
    </Fact>
    <Fact name="Event stream">
      <code>{stream ?? "none"}</code>
    </Fact>
    <Fact name="Registered">
      <Moment at={source.createdAt} now={now} exact />
    </Fact>
    <Fact name="Takes">
      <Masks of={source.include} none="everything" />
    </Fact>
    <Fact name="Except">
      <Masks of={source.exclude} none="nothing" />
    </Fact>
    <Fact name="Tags">
      <Masks of={source.tags} none="none" />
    </Fact>
    <Fact name="Metadata">
      {Object.keys(source.metadata).length === 0 ? (
        "none"
      ) : (
        <ul class="pairs">
          {Object.entries(source.metadata).map(([key, value]) => (
            <li>
              <Name text={key} /> = <Name text={value} />
            </li>
          ))}
        </ul>
      )}
    </Fact>
    <Fact name="Object names" wide>
      <code>{objectNames}</code>
    </Fact>
    <Fact name="Id" wide>
      <span class="id">{source.id}</span>
    </Fact>
  </Facts>
);

const Masks = ({ of, none }: { of: string[]; none: string }) =>
  of.length === 0 ? (
    <>{none}</>
  ) : (
    <ul class="masks">
      {of.map((text) => (
        <li>
          <Name text={text} />
        </li>
      ))}
    </ul>
  );
