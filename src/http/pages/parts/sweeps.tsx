import type { SweepRow } from "../../../db/sweeps.ts";
import { count, span } from "../format.ts";
import { Moment } from "./moment.tsx";
import { State } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

interface SweepsProps {
  sourceId: string;
  /** The last ones, newest first. */
  sweeps: readonly SweepRow[];
  now: Date;
}

/** The last comparisons with Box in full, and the button that begins another. */
export const Sweeps = ({ sourceId, sweeps, now }: SweepsProps) => {
  const underWay = sweeps.some(({ state }) => state === "running");
  return (
    <section aria-labelledby="sweeps">
      <div class="title">
        <h2 id="sweeps">Sweeps</h2>
        <p class="aside">Everything in the folder, compared with the lake</p>
        <form method="post" action={`/sources/${sourceId}/sweeps`} class="act">
          <button type="submit" disabled={underWay}>
            Sweep now
          </button>
        </form>
      </div>
      {sweeps.length === 0 ? (
        <p class="empty">None yet. The first begins by itself, a day after the backfill.</p>
      ) : (
        <table class="rows sweeps">
          <thead>
            <tr>
              <th scope="col">Begun</th>
              <th scope="col">State</th>
              <Heading>Listed</Heading>
              <Heading>Matched</Heading>
              <Heading>Missing</Heading>
              <Heading>Repaired</Heading>
              <Heading>Took</Heading>
            </tr>
          </thead>
          <tbody>
            {sweeps.map((sweep) => (
              <Row sweep={sweep} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
};

const Heading = ({ children }: { children: string }) => (
  <th scope="col" class="number">
    {children}
  </th>
);

const Row = ({ sweep, now }: { sweep: SweepRow; now: Date }) => {
  const startedAt = new Date(sweep.startedAt);
  const tookMs = sweep.finishedAt ? Date.parse(sweep.finishedAt) - startedAt.getTime() : undefined;
  return (
    <tr id={`sweep-${sweep.id}`}>
      <th scope="row">
        <Moment at={startedAt} now={now} /> <span class="aside">{sweep.why}</span>
        {sweep.state !== "done" && <Trouble reason={sweep.reason} hint={sweep.hint} />}
      </th>
      <td>
        <State of={sweep.state} />
      </td>
      <Number name="Listed" of={sweep.listed} />
      <Number name="Matched" of={sweep.matched} />
      <Number name="Missing" of={sweep.missing} />
      <Number name="Repaired" of={sweep.repaired} />
      <td class="number" data-name="Took">
        {tookMs === undefined ? <span class="nothing">–</span> : span(tookMs)}
      </td>
    </tr>
  );
};

const Number = ({ name, of }: { name: string; of: number }) => (
  <td class="number" data-name={name}>
    {count(of)}
  </td>
);
