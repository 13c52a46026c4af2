import type { DoorRecord, MissedDelivery } from "../../db/door-report.ts";
import { address } from "./address.ts";
import { count, span } from "./format.ts";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";

/** How far back may be looked, in days. */
export const DAYS = [1, 7, 30] as const;
export type Days = (typeof DAYS)[number];

export interface DoorsProps {
  days: Days;
  /** Only what this source has. */
  source: { id: string; name: string } | undefined;
  doors: DoorRecord[];
  missed: { count: number; newest: MissedDelivery[] };
  now: Date;
}

/** Which door saw the versions of some days first, and how late the others were: can webhooks be trusted? */
export const DoorsPage = ({ days, source, doors, missed, now }: DoorsProps) => {
  const seen = doors.reduce((sum, { first }) => sum + first, 0);
  return (
    <>
      <h1>Doors</h1>
      <p class="lead">
        A version may be noticed by a webhook, by Box's events a minute later, or by a listing.
        Which saw it first, and how late the others were, says whether webhooks can be trusted
        {source && (
          <>
            {" "}
            in{" "}
            <a href={`/sources/${source.id}`}>
              <Name text={source.name} />
            </a>
          </>
        )}
        .
      </p>
      <nav class="choices" aria-label="How far back">
        {DAYS.map((choice) => (
          <a
            href={address("/doors", { days: choice, source: source?.id })}
            aria-current={choice === days ? "true" : undefined}
          >
            {choice === 1 ? "1 day" : `${choice} days`}
          </a>
        ))}
        {source && <a href={address("/doors", { days })}>all sources</a>}
      </nav>
      <section aria-label="By door">
        <table class="rows doors">
          <thead>
            <tr>
              <th scope="col">Door</th>
              <Heading>Saw first</Heading>
              <Heading>Saw later</Heading>
              <Heading>Half within</Heading>
              <Heading>95 of 100 within</Heading>
              <Heading>At most</Heading>
            </tr>
          </thead>
          <tbody>
            {doors.map((record) => (
              <Door record={record} seen={seen} />
            ))}
          </tbody>
        </table>
        <p class="as-of">
          {count(seen)} versions were first seen since{" "}
          <Moment at={new Date(now.getTime() - days * DAY_MS)} now={now} />. A backfill's are the
          listing's: nobody announces them.
        </p>
      </section>
      <section aria-labelledby="missed">
        <div class="title">
          <h2 id="missed">
            {missed.count === 0
              ? "No delivery was missed"
              : `Never delivered: ${count(missed.count)}`}
          </h2>
        </div>
        {missed.count === 0 ? (
          <p class="empty">
            Each version made in a folder whose webhook stands was delivered, or is younger than ten
            minutes.
          </p>
        ) : (
          <Missed newest={missed.newest} now={now} />
        )}
      </section>
      <p class="as-of">
        As of <Moment at={now} now={now} exact />
      </p>
    </>
  );
};

const DAY_MS = 24 * 60 * 60_000;

const Heading = ({ children }: { children: string }) => (
  <th scope="col" class="number">
    {children}
  </th>
);

const Door = ({ record, seen }: { record: DoorRecord; seen: number }) => {
  const { door, first, late, p50Ms, p95Ms, maxMs } = record;
  const share = seen === 0 ? 0 : (first / seen) * 100;
  return (
    <tr id={`door-${door}`}>
      <th scope="row">
        {door}
        <svg class="fill" aria-hidden="true" width="100%" height="8">
          {share > 0 && <rect class="pending" width={`${share.toFixed(3)}%`} height="8" />}
        </svg>
      </th>
      <td class="number" data-name="Saw first">
        {count(first)}
      </td>
      <td class="number" data-name="Saw later">
        {count(late)}
      </td>
      <Lateness name="Half within" ms={p50Ms} />
      <Lateness name="95 of 100 within" ms={p95Ms} />
      <Lateness name="At most" ms={maxMs} />
    </tr>
  );
};

const Lateness = ({ name, ms }: { name: string; ms: number | null }) => (
  <td class="number" data-name={name}>
    {ms === null ? <span class="nothing">–</span> : span(ms)}
  </td>
);

const Missed = ({ newest, now }: { newest: readonly MissedDelivery[]; now: Date }) => (
  <table class="rows missed">
    <thead>
      <tr>
        <th scope="col">Version</th>
        <th scope="col">Noticed by</th>
        <th scope="col">Seen</th>
      </tr>
    </thead>
    <tbody>
      {newest.map((row) => (
        <tr>
          <th scope="row">
            <a href={`/versions/${row.objectId}`}>
              <Name text={row.path} />
            </a>
          </th>
          <td>{row.door}</td>
          <td data-name="Seen">
            <Moment at={new Date(row.seenAt)} now={now} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
