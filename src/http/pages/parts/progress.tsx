import type { Child } from "hono/jsx";
import type { SourceProgress } from "../../../db/source-progress.ts";
import { count, size } from "../format.ts";
import { Fill } from "./fill.tsx";
import { Moment } from "./moment.tsx";
import { State } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

/** How far the lake is with a source: a bar and its four numbers. */
export const Counts = ({
  sourceId,
  counts,
}: {
  sourceId: string;
  counts: SourceProgress["counts"];
}) => (
  <div class="counts">
    <Fill counts={counts} />
    <ul>
      <Count of={counts.stored} state="stored" {...{ sourceId }}>
        stored{counts.stored > 0 && `, ${size(counts.storedBytes)}`}
      </Count>
      <Count of={counts.pending} state="pending" {...{ sourceId }}>
        pending
      </Count>
      <Count of={counts.waiting} state="waiting" {...{ sourceId }}>
        waiting
      </Count>
      <Count of={counts.givenUp} state="given_up" {...{ sourceId }}>
        given up
      </Count>
    </ul>
  </div>
);

interface CountProps {
  of: number;
  state: string;
  sourceId: string;
  children: unknown;
}

const Count = ({ of, state, sourceId, children }: CountProps) => (
  <li class={of === 0 ? `${state} none` : state}>
    <a href={`/sources/${sourceId}?state=${state}`}>
      <b>{count(of)}</b> {children}
    </a>
  </li>
);

interface BackfillProps {
  of: SourceProgress["backfill"];
  listing: SourceProgress["listing"];
  now: Date;
  children?: Child;
}

/**
 * The walk that lists a source anew, with what it has counted; what there is in all, where another listing
 * says it: one before that came to its end, while this one is under way, or one since.
 */
export const Backfill = ({ of, listing, now, children }: BackfillProps) => (
  <div class="backfill">
    <p>
      <span class="key">Backfill</span> <State of={of.state} />{" "}
      {of.state !== "queued" && (
        <span>
          <b>{count(of.listed)}</b> listed in {count(of.folders)}{" "}
          {of.folders === 1 ? "folder" : "folders"}
          {of.foldersLeft > 0 && ` (${count(of.foldersLeft)} to go)`}, <Matched of={of} />
        </span>
      )}
      {of.state === "queued" && <span>begins as soon as a worker is free</span>}
    </p>
    {listing && (of.state !== "done" || listing.kind !== "backfill") && (
      <p class="aside">
        In all <b>{count(listing.listed)}</b> listed <Moment at={listing.finishedAt} now={now} />,{" "}
        <Matched of={listing} />
      </p>
    )}
    <Trouble reason={of.reason} hint={of.hint} />
    {children}
  </div>
);

interface MatchedProps {
  of: Pick<SourceProgress["backfill"], "matched" | "matchedBytes" | "skipped">;
}

const Matched = ({ of }: MatchedProps) => (
  <>
    <b>{count(of.matched)}</b> matched
    {of.matchedBytes > 0 && ` (${size(of.matchedBytes)})`}
    <Skipped of={of.skipped} />
  </>
);

/** What each rule says of the files that it is against, behind their number. */
const RULES: Record<string, string> = {
  include: "that no include matches",
  exclude: "that an exclude matches",
  subfolders: "in sub-folders",
  size: "for their size",
  age: "for their age",
};

/** How many files were not wanted, and by which rule. */
export const Skipped = ({ of }: { of: Record<string, number> }) => {
  const rules = Object.entries(of).sort(([, a], [, b]) => b - a);
  if (rules.length === 0) return null;
  const total = rules.reduce((sum, [, files]) => sum + files, 0);
  const why = rules.map(([rule, files]) => `${count(files)} ${RULES[rule] ?? rule}`).join(", ");
  return (
    <>
      , <b>{count(total)}</b> skipped: {why}
    </>
  );
};

interface WebhookProps {
  of: SourceProgress["webhook"];
  /** Of one that stands, when it last delivered; for who wants to know. */
  children?: Child;
}

/** Whether Box tells us about the folder, or why it is only polled. */
export const Webhook = ({ of, children }: WebhookProps) => (
  <div class="webhook">
    <p>
      <span class="key">Webhook</span> <State of={of.state} /> {children}
    </p>
    <Trouble reason={of.reason} hint={of.hint} />
  </div>
);

/** Something of this source is on its way. */
export const isBusy = (of: Pick<SourceProgress, "backfill" | "counts">): boolean =>
  ["queued", "running"].includes(of.backfill.state) || of.counts.pending > 0;
