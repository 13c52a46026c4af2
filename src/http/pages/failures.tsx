import type { FailureRow } from "../../db/failures.ts";
import { count } from "./format.ts";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";
import { Pager } from "./parts/pager.tsx";
import { ReplayForm } from "./parts/replay-form.tsx";
import { words } from "./parts/state.tsx";
import { Trouble } from "./parts/trouble.tsx";

export interface FailuresProps {
  failures: FailureRow[];
  /** By account id and by source id. */
  names: ReadonlyMap<string, string>;
  /** The address of this page as it is shown, without what it told once. */
  path: string;
  older: string | undefined;
  now: Date;
}

/** What a person must look at, newest first, each with what to do and a button. */
export const FailuresPage = ({ failures, names, path, older, now }: FailuresProps) => (
  <>
    <h1>Failures</h1>
    <Live path={path} busy={false} now={now}>
      {failures.length === 0 ? (
        <div class="empty calm">
          <h2>Nothing needs a look</h2>
          <p>
            What fails is tried again by itself for more than a day. It is listed here when no
            further attempt can help, with the reason and what to do.
          </p>
        </div>
      ) : (
        <>
          <div class="actions">
            <p>
              Put right what the hint names, then replay: the work starts over with all its attempts
              before it.
            </p>
            {failures.length > 1 && (
              <ReplayForm failureIds={failures.map(({ id }) => id)} back={path}>
                Replay all {count(failures.length)} shown
              </ReplayForm>
            )}
          </div>
          <ul class="failures">
            {failures.map((failure) => (
              <Failure {...{ failure, names, path, now }} />
            ))}
          </ul>
        </>
      )}
      <Pager to={older} />
    </Live>
  </>
);

interface FailureProps {
  failure: FailureRow;
  names: ReadonlyMap<string, string>;
  path: string;
  now: Date;
}

const Failure = ({ failure, names, path, now }: FailureProps) => (
  <li class="failure" id={failure.id.replace(":", "-")}>
    <div>
      <h2>
        <Subject of={failure} />
      </h2>
      <Trouble reason={failure.reason} hint={failure.hint} />
      <p class="aside">
        <code>{failure.kind}</code> · <Place of={failure} names={names} /> ·{" "}
        {count(failure.attempts)} {failure.attempts === 1 ? "attempt" : "attempts"} ·{" "}
        <Moment at={new Date(failure.at)} now={now} />
      </p>
    </div>
    <ReplayForm
      failureIds={[failure.id]}
      back={path}
      label={`Replay: ${words(failure.kind)}, ${failure.subject}`}
    >
      Replay
    </ReplayForm>
  </li>
);

const Subject = ({ of }: { of: FailureRow }) =>
  of.kind === "store_version" ? (
    <a href={`/versions/${of.id.slice(of.id.indexOf(":") + 1)}`}>
      <Name text={of.subject} />
    </a>
  ) : (
    <Name text={of.subject} />
  );

const Place = ({ of, names }: { of: FailureRow; names: ReadonlyMap<string, string> }) =>
  of.sourceId === null ? (
    <span>
      account <Name text={names.get(of.accountId) ?? of.accountId} />
    </span>
  ) : (
    <a href={`/sources/${of.sourceId}`}>
      <Name text={names.get(of.sourceId) ?? of.sourceId} />
    </a>
  );
