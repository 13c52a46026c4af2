import type { EventRow } from "../../db/event-list.ts";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";
import { Pager } from "./parts/pager.tsx";

export interface EventsProps {
  events: EventRow[];
  /** By account id. */
  names: ReadonlyMap<string, string>;
  path: string;
  older: string | undefined;
  now: Date;
}

/** Box may send as much as it likes; a page shows this much of one event. */
const SHOWN = 1_000;

/** The events that could not be read, newest first, each as Box sent it. */
export const EventsPage = ({ events, names, path, older, now }: EventsProps) => (
  <>
    <h1>Events</h1>
    <p class="lead">
      Those of Box's streams that could not be read. Each is kept as it came and holds up no other;
      what it told of is found by the next sweep.
    </p>
    <Live path={path} busy={false} now={now}>
      {events.length === 0 ? (
        <div class="empty calm">
          <h2>No event that could not be read</h2>
          <p>Box may add to its formats any day: what is new to us would stand here.</p>
        </div>
      ) : (
        <ul class="failures">
          {events.map((event) => (
            <Event
              event={event}
              account={names.get(event.accountId) ?? event.accountId}
              now={now}
            />
          ))}
        </ul>
      )}
      <Pager to={older} />
    </Live>
  </>
);

const Event = ({ event, account, now }: { event: EventRow; account: string; now: Date }) => {
  const text = JSON.stringify(event.raw);
  return (
    <li class="failure">
      <div>
        <h2>
          <Name text={event.type ?? "of no type"} />
        </h2>
        <p class="trouble">
          <Name text={event.odd ?? ""} />
        </p>
        <p class="aside">
          account <Name text={account} /> · <code>{event.stream}</code> ·{" "}
          <Moment at={event.seenAt} now={now} /> ·{" "}
          <span class="id">
            <Name text={event.eventId} />
          </span>
        </p>
        <pre class="call">
          <code>
            <Name text={text.slice(0, SHOWN)} />
            {text.length > SHOWN && " … the whole: GET /api/events?odd=true"}
          </code>
        </pre>
      </div>
    </li>
  );
};
