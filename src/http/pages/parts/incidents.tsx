import { INCIDENTS, type IncidentKind } from "../../../core/incident.ts";
import type { IncidentRow } from "../../../db/incident-list.ts";
import { count } from "../format.ts";
import { Moment } from "./moment.tsx";
import { Name } from "./name.tsx";
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
        {open.map(({ incident, accountName, sourceName }) => (
          <li>
            <h3>{INCIDENTS[incident.kind as IncidentKind]}</h3>
            <p class="aside">
              {incident.sourceId !== null && sourceName !== null ? (
                <a href={`/sources/${incident.sourceId}`}>
                  <Name text={sourceName} />
                </a>
              ) : (
                accountName !== null && <Name text={accountName} />
              )}{" "}
              began <Moment at={incident.openedAt} now={now} />
            </p>
            <Trouble reason={incident.message} hint={incident.hint} />
          </li>
        ))}
      </ul>
      {further > 0 && (
        <p class="more">
          <code>GET /api/incidents</code> lists {count(further)} more.
        </p>
      )}
    </section>
  );
