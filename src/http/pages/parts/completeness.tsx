import type { Difference, Reason } from "../../../db/completeness.ts";
import type { Doubt, Proof } from "../../../db/source-proof.ts";
import type { Unread } from "../../../db/unread.ts";
import { count, size } from "../format.ts";
import { DifferenceTable } from "./difference-table.tsx";
import { Moment } from "./moment.tsx";
import { State, words } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

export interface CompletenessProps {
  /** Of the source. */
  id: string;
  proof: Proof | undefined;
  doubt: Doubt | undefined;
  /** How many versions are on their way. */
  owed: number;
  /** Undefined while too many are on their way to compare them one by one. */
  compared?: {
    lake: { files: number; bytes: number } | undefined;
    counts: Record<Reason, number>;
    unread: Unread;
    complete: boolean;
    /** The first of those that an attempt failed for: the others come and go. */
    differences: Difference[];
  };
}

/** What Box was last seen to hold, what of it the lake holds, and what makes the difference. */
export const Completeness = ({ of, now }: { of: CompletenessProps; now: Date }) => {
  const { id, proof, doubt, compared } = of;
  const lacking = Object.entries(compared?.counts ?? {}).filter(([, versions]) => versions > 0);
  return (
    <section aria-labelledby="completeness">
      <div class="title">
        <h2 id="completeness">Completeness</h2>
        <State of={verdict(of)} />
        {proof && (
          <p class="aside">
            the report as <a href={`/sources/${id}/completeness.csv`}>CSV</a> or{" "}
            <a href={`/sources/${id}/completeness.json`}>JSON</a>
          </p>
        )}
      </div>
      <div class="panel">
        <dl class="figures">
          <Figure name="Box held" of={proof && { files: proof.matched, bytes: proof.matchedBytes }}>
            the folder was not listed to its end yet
          </Figure>
          <Figure name="The lake holds of these" of={compared?.lake}>
            {compared ? "known once the folder is listed" : `${count(of.owed)} are on their way`}
          </Figure>
          <div>
            <dt>Proved</dt>
            <dd>
              {proof ? (
                <>
                  <b>
                    <Moment at={proof.finishedAt} now={now} />
                  </b>{" "}
                  by a {WALKS[proof.kind]} of {count(proof.listed)} files
                </>
              ) : (
                "not yet"
              )}
            </dd>
          </div>
        </dl>
        {doubt && (
          <div>
            <p class="aside">
              What the folder holds now is not known: began <Moment at={doubt.at} now={now} />
            </p>
            <Trouble reason={doubt.reason} hint={doubt.hint} />
          </div>
        )}
        {compared && compared.unread.files + compared.unread.folders > 0 && (
          <p class="aside">
            Still to be read at Box: {inWords(compared.unread)}. Until then more may be lacking.
          </p>
        )}
        {lacking.length > 0 && (
          <p class="aside">
            Of what it is owed or was, the lake lacks{" "}
            {lacking.map(([reason, some], index) => (
              <>
                {index > 0 && ", "}
                <Lacking id={id} reason={reason} some={some} />
              </>
            ))}
          </p>
        )}
      </div>
      {compared && compared.differences.length > 0 && (
        <DifferenceTable differences={compared.differences} now={now} />
      )}
    </section>
  );
};

interface LackingProps {
  id: string;
  reason: string;
  some: number;
}

/** How many versions are lacking for one reason, with the way to them. */
const Lacking = ({ id, reason, some }: LackingProps) =>
  // What is lost was given up before.
  reason === "lost" ? (
    <>{count(some)} lost at Box</>
  ) : (
    <a href={`/sources/${id}?state=${reason}#versions`}>
      {count(some)} {words(reason)}
    </a>
  );

const inWords = ({ files, folders }: Unread) =>
  [
    ...(files > 0 ? [`${count(files)} ${files === 1 ? "file" : "files"}`] : []),
    ...(folders > 0 ? [`${count(folders)} ${folders === 1 ? "folder" : "folders"}`] : []),
  ].join(" and ");

const WALKS = { backfill: "backfill", sweep: "sweep", gap: "walk after a gap" } as const;

const verdict = ({ proof, compared }: CompletenessProps) =>
  compared?.complete ? "complete" : proof ? "incomplete" : "not_proved";

interface FigureProps {
  name: string;
  of: { files: number; bytes: number } | undefined;
  /** What stands there while it is not known. */
  children: string;
}

const Figure = ({ name, of, children }: FigureProps) => (
  <div>
    <dt>{name}</dt>
    <dd>
      {of ? (
        <>
          <b>{count(of.files)}</b> {of.files === 1 ? "file" : "files"}, {size(of.bytes)}
        </>
      ) : (
        children
      )}
    </dd>
  </div>
);
