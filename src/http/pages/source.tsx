import type { Forecast } from "../../core/forecast.ts";
import type { AskedFault } from "../../core/refusal.ts";
import type { SweepRow } from "../../db/sweeps.ts";
import type { ObjectState, StoredVersion } from "../../db/version-search.ts";
import { Completeness, type CompletenessProps } from "./parts/completeness.tsx";
import { Course } from "./parts/course.tsx";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";
import { Pager } from "./parts/pager.tsx";
import { Backfill, Counts, isBusy, Webhook } from "./parts/progress.tsx";
import { SourceFacts, type SourceFactsProps } from "./parts/source-facts.tsx";
import { State, words } from "./parts/state.tsx";
import { Sweeps } from "./parts/sweeps.tsx";
import { Trouble } from "./parts/trouble.tsx";
import { VersionTable } from "./parts/version-table.tsx";

export interface SourcePageProps extends SourceFactsProps {
  /** Where it does not carry what the organisation asks for by now. */
  metadataFaults: readonly AskedFault[];
  /** When its webhook last delivered. */
  heardAt: Date | undefined;
  /** Of its backfill; undefined when nothing is left. */
  forecast: Forecast | undefined;
  completeness: CompletenessProps;
  sweeps: readonly SweepRow[];
  versions: StoredVersion[];
  /** Only versions in this state are shown. */
  state: ObjectState | undefined;
  /** Only versions whose path does not fit the template are shown. */
  misfit: boolean;
  /** The address of this page as it is shown, without what it told once. */
  path: string;
  /** Not the newest ones but older. */
  paged: boolean;
  /** Where the next older ones are. */
  older: string | undefined;
}

/** One source: what it takes, how far it is, and its newest versions. */
export const SourcePage = (props: SourcePageProps) => {
  const { source, state, misfit, now } = props;
  const busy = isBusy(source) || props.sweeps.some((sweep) => sweep.state === "running");
  const isUnderWay = ["queued", "running", "waiting"].includes(source.backfill.state);
  return (
    <>
      <div class="title">
        <h1>
          <Name text={source.name} />
        </h1>
        <State of={source.state === "paused" ? "paused" : "active"} />
        <Act on={source.id} act={source.state === "paused" ? "resume" : "pause"}>
          {source.state === "paused" ? "Resume" : "Pause"}
        </Act>
      </div>
      {source.description && (
        <p class="lead">
          <Name text={source.description} />
        </p>
      )}
      <Live path={props.path} busy={busy} now={now}>
        <section class="panel" aria-label="Progress">
          <Counts sourceId={source.id} counts={source.counts} />
          <div class="standing">
            <Backfill of={source.backfill} listing={source.listing} now={now}>
              <div class="course">
                <Act on={source.id} act="backfills" disabled={isUnderWay}>
                  Start over
                </Act>
                <Course of={source.backfill} forecast={props.forecast} now={now} />
              </div>
            </Backfill>
            <Webhook of={source.webhook}>
              {source.webhook.state === "registered" && (
                <span>
                  Box tells at once,{" "}
                  {props.heardAt ? (
                    <>
                      last <Moment at={props.heardAt} now={now} />
                    </>
                  ) : (
                    "and has not told anything yet"
                  )}
                </span>
              )}
            </Webhook>
          </div>
        </section>
        <Completeness of={props.completeness} now={now} />
        <Sweeps sourceId={source.id} sweeps={props.sweeps} now={now} />
        <section aria-labelledby="settings">
          <div class="title">
            <h2 id="settings">Settings</h2>
            <a href={`/sources/${source.id}/edit`}>Edit</a>
            <a href={`/sources/${source.id}/delete`}>Delete</a>
          </div>
          {props.metadataFaults.map(({ path, detail }) => (
            <Trouble
              reason={`The metadata field ${path.at(-1)} ${detail}`}
              hint="The source goes on working; its next edit must comply."
            />
          ))}
          <SourceFacts {...props} />
        </section>
        <section aria-labelledby="versions">
          <div class="title">
            <h2 id="versions">{listed(props)}</h2>
            {(state || misfit || props.paged) && (
              <a href={`/sources/${source.id}`}>all, newest first</a>
            )}
            <a href={`/doors?source=${source.id}`}>which doors saw them</a>
          </div>
          {props.versions.length === 0 ? (
            <p class="empty">{misfit ? NO_MISFIT : nothing(state)}</p>
          ) : (
            <VersionTable versions={props.versions} now={now} />
          )}
          <Pager to={props.older} />
        </section>
      </Live>
    </>
  );
};

interface ActProps {
  on: string;
  act: "pause" | "resume" | "backfills";
  disabled?: boolean;
  children: string;
}

const Act = ({ on, act, disabled, children }: ActProps) => (
  <form method="post" action={`/sources/${on}/${act}`} class="act">
    <button type="submit" disabled={disabled}>
      {children}
    </button>
  </form>
);

const listed = ({ state, misfit, paged }: SourcePageProps) => {
  if (misfit) return "Versions whose path does not fit";
  if (state) return `Versions ${words(state)}`;
  return paged ? "Older versions" : "Newest versions";
};

const NO_MISFIT = "The path of every version fits the source's path template.";

const nothing = (state: ObjectState | undefined) =>
  state
    ? `No version of this source is ${words(state)}.`
    : "Nothing was noticed yet. Files that lie in the folder are found by the backfill; a new file is noticed as it arrives.";
