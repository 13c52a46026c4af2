import type { IncidentRow } from "../../db/incident-list.ts";
import { Incident } from "./parts/incidents.tsx";
import { Live } from "./parts/live.tsx";
import { Pager } from "./parts/pager.tsx";

export const STANDINGS = ["all", "open", "closed"] as const;
export type Standing = (typeof STANDINGS)[number];

export interface IncidentsPageProps {
  incidents: IncidentRow[];
  standing: Standing;
  path: string;
  older: string | undefined;
  now: Date;
}

/** What wanted a person, the last opened first: what lasts, and what was mended. */
export const IncidentsPage = ({ incidents, standing, path, older, now }: IncidentsPageProps) => (
  <>
    <h1>Incidents</h1>
    <nav class="choices" aria-label="Which incidents">
      {STANDINGS.map((choice) => (
        <a
          href={choice === "all" ? "/incidents" : `/incidents?standing=${choice}`}
          aria-current={choice === standing ? "true" : undefined}
        >
          {choice}
        </a>
      ))}
    </nav>
    <Live path={path} busy={false} now={now}>
      {incidents.length === 0 ? (
        <div class="empty calm">
          <h2>No incident</h2>
          <p>
            Here stands what the service cannot mend alone, or mended and must own up to: since
            when, what it means, what to do. It closes by itself when it is mended, and is kept.
          </p>
        </div>
      ) : (
        <ul class="failures incident-list">
          {incidents.map((row) => (
            <Incident row={row} back={path} now={now} />
          ))}
        </ul>
      )}
      <Pager to={older} />
    </Live>
  </>
);
