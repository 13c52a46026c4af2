import { ACKNOWLEDGED_KINDS, INCIDENTS, type IncidentKind } from "../../../core/incident.ts";
import type { IncidentRow } from "../../../db/incident-list.ts";
import { count, span } from "../format.ts";
import { Moment } from "./moment.tsx";
import { Name } from "./name.tsx";
import { State } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

interface IncidentsProps {
  /** The last opened first. */
  open: IncidentRow[];
  /** How many are open and not among them. */
  further: number;
  now: Date;
}

/** What wants a person: since when, what it means, what to do. Nothing while all is well. */
export const Incidents = ({ open, further, now }: IncidentsProps) =>
  open.length === 0 ? null : (
    <section class="incidents" aria-labelledby="incidents">
      <h2 id="incidents">
        {count(open.length + further)} {open.length + further === 1 ? "incident" : "incidents"}
      </h2>
      <ul class="panel">
        {open.map((row) => (
          <li>
            <h3>{INCIDENTS[row.incident.kind as IncidentKind]}</h3>
            <p class="aside">
              <About row={row} /> · began <Moment at={row.incident.openedAt} now={now} />
            </p>
            <Trouble reason={row.incident.message} hint={row.incident.hint} />
            <Acknowledge row={row} back="/" />
          </li>
        ))}
      </ul>
      <p class="more">
        <a href="/incidents?standing=open">
          {further > 0 && `${count(further)} more, `}all that are open
        </a>
        , <a href="/incidents?standing=closed">those that were closed</a>
      </p>
    </section>
  );

/** One in a list of them all: from when until when, what it meant, what is or was to be done. */
export const Incident = ({ row, back, now }: { row: IncidentRow; back: string; now: Date }) => {
  const { id, kind, message, hint, openedAt, closedAt, acknowledgedAt } = row.incident;
  return (
    <li class="failure" id={`incident-${id}`}>
      <div>
        <h2>
          {INCIDENTS[kind as IncidentKind]} <State of={closedAt ? "closed" : "open"} />
        </h2>
        <Trouble reason={message} hint={hint} />
        <p class="aside">
          <About row={row} /> · began <Moment at={openedAt} now={now} exact />
          {closedAt && (
            <>
              , closed <Moment at={closedAt} now={now} exact />, lasted{" "}
              {span(closedAt.getTime() - openedAt.getTime())}
            </>
          )}
          {acknowledgedAt && ", acknowledged"}
        </p>
      </div>
      <Acknowledge row={row} back={back} />
    </li>
  );
};

/** The button that closes one that nothing may ever mend. */
const Acknowledge = ({ row: { incident }, back }: { row: IncidentRow; back: string }) =>
  incident.closedAt === null && ACKNOWLEDGED_KINDS.includes(incident.kind as IncidentKind) ? (
    <form method="post" action={`/incidents/${incident.id}/acknowledge`} class="act">
      <input type="hidden" name="back" value={back} />
      <button type="submit" aria-label={`Acknowledge incident ${incident.id}`}>
        Acknowledge
      </button>
    </form>
  ) : null;

/** The source or the account that it is about. */
const About = ({ row: { incident, accountName, sourceName } }: { row: IncidentRow }) =>
  incident.sourceId !== null && sourceName !== null ? (
    <a href={`/sources/${incident.sourceId}`}>
      <Name text={sourceName} />
    </a>
  ) : (
    <Name text={accountName ?? "the service"} />
  );
