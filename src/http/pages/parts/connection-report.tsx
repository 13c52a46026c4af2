import type { ConnectionReport } from "../../../operations/test-connection.ts";
import { Name } from "./name.tsx";
import { State, words } from "./state.tsx";
import { Trouble } from "./trouble.tsx";

/** What Box lets credentials do, line by line: what was found, and how to mend what is not as it should be. */
export const ConnectionReportList = ({ of }: { of: ConnectionReport }) => (
  <section aria-label="Report">
    <p class="lead">
      <output>
        {of.ok ? "Everything that is needed is there." : "Something needed is lacking."}
      </output>
    </p>
    <ul class="failures">
      {of.checks.map((check) => (
        <li class="failure">
          <Line of={check} />
        </li>
      ))}
    </ul>
  </section>
);

const Line = ({ of }: { of: ConnectionReport["checks"][number] }) => {
  const { name, ok, needed, detail, hint, requestId } = of;
  return (
    <div>
      <h2>
        {words(name)} <State of={ok ? "passed" : needed ? "failed" : "lacking"} />
      </h2>
      {ok ? (
        <p>
          <Name text={detail} />
        </p>
      ) : (
        <Trouble reason={detail} hint={hint} />
      )}
      {requestId && (
        <p class="aside">
          For Box's support: request <code>{requestId}</code>
        </p>
      )}
      {!ok && !needed && (
        <p class="aside">Not needed: without it changes are noticed later, and none is missed.</p>
      )}
    </div>
  );
};
