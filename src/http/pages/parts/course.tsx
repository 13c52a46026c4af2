import type { Forecast } from "../../../core/forecast.ts";
import type { SourceProgress } from "../../../db/source-progress.ts";
import { count, span } from "../format.ts";
import { Moment } from "./moment.tsx";
import { Name } from "./name.tsx";

interface CourseProps {
  of: SourceProgress["backfill"];
  forecast: Forecast | undefined;
  now: Date;
}

/** When a backfill began, how long it took to list, and when all of it will be stored. */
export const Course = ({ of, forecast, now }: CourseProps) => (
  <p class="aside">
    {of.startedAt && (
      <>
        begun <Moment at={of.startedAt} now={now} />
        {of.finishedAt && `, listed in ${span(of.finishedAt.getTime() - of.startedAt.getTime())}`}
      </>
    )}
    {forecast && (
      <Left
        of={forecast}
        isBegun={Boolean(of.startedAt)}
        isTold={of.reason !== undefined}
        now={now}
      />
    )}
  </p>
);

interface LeftProps {
  of: Forecast;
  /** Stands behind words about the beginning. */
  isBegun: boolean;
  /** The reason stands there already. */
  isTold: boolean;
  now: Date;
}

/** What is left, and when it will be done; why that is not known, unless it stands there already. */
const Left = ({ of, isBegun, isTold, now }: LeftProps) => (
  <>
    {of.filesLeft !== undefined && `, about ${count(of.filesLeft)} files left`}
    {of.endsAt ? (
      <>
        , done <Moment at={of.endsAt} now={now} />
        {of.limitedBy === "budget" && " by Box's limit of calls"}
      </>
    ) : (
      of.reason !== undefined &&
      !isTold && (
        <>
          {isBegun && ". "}
          <Name text={of.reason} />
        </>
      )
    )}
  </>
);
