import type { DeliveryOutcome, DeliverySummary } from "../../db/delivery-list.ts";
import { Live } from "./parts/live.tsx";
import { Moment } from "./parts/moment.tsx";
import { Name } from "./parts/name.tsx";
import { Pager } from "./parts/pager.tsx";
import { State } from "./parts/state.tsx";

/** The outcomes with what each of them says. */
export const OUTCOMES = {
  recorded: "It led to facts or debts",
  ignored: "It says nothing about content",
  noted: "Box says something about the webhook itself",
  unreadable: "Its signature was right, its body could not be read",
} as const satisfies Record<DeliveryOutcome, string>;

const CHOICES = Object.keys(OUTCOMES) as DeliveryOutcome[];

export interface DeliveriesProps {
  deliveries: DeliverySummary[];
  /** By account id. */
  names: ReadonlyMap<string, string>;
  outcome: DeliveryOutcome | undefined;
  path: string;
  older: string | undefined;
  now: Date;
}

/** What Box delivered, newest first, the odd ones among them. */
export const DeliveriesPage = (props: DeliveriesProps) => {
  const { deliveries, names, outcome, path, older, now } = props;
  return (
    <>
      <h1>Deliveries</h1>
      <nav class="choices" aria-label="Outcomes">
        <a href="/deliveries" aria-current={outcome === undefined ? "true" : undefined}>
          all
        </a>
        {CHOICES.map((choice) => (
          <a
            href={`/deliveries?outcome=${choice}`}
            aria-current={choice === outcome ? "true" : undefined}
          >
            {choice}
          </a>
        ))}
      </nav>
      <Live path={path} busy={false} now={now}>
        {outcome && <p class="lead">{OUTCOMES[outcome]}.</p>}
        {deliveries.length === 0 ? (
          <div class="empty calm">
            <h2>No delivery</h2>
            <p>
              Requests that Box signs for a registered webhook are kept here. Sources without a
              webhook are polled every minute and need none.
            </p>
          </div>
        ) : (
          <Table deliveries={deliveries} names={names} now={now} />
        )}
        <Pager to={older} />
      </Live>
    </>
  );
};

const Table = ({
  deliveries,
  names,
  now,
}: Pick<DeliveriesProps, "deliveries" | "names" | "now">) => (
  <table class="rows deliveries">
    <thead>
      <tr>
        <th scope="col">Trigger</th>
        <th scope="col">Outcome</th>
        <th scope="col">Account</th>
        <th scope="col">Event</th>
        <th scope="col">Received</th>
      </tr>
    </thead>
    <tbody>
      {deliveries.map((delivery) => (
        <tr id={`delivery-${delivery.id}`}>
          <th scope="row">
            {delivery.trigger ? <Name text={delivery.trigger} /> : "unknown"}
            {delivery.note && (
              <p class="trouble">
                <Name text={delivery.note} />
              </p>
            )}
          </th>
          <td>
            <State of={delivery.outcome} />
          </td>
          <td>
            <Name text={names.get(delivery.accountId) ?? delivery.accountId} />
          </td>
          <td data-name="Event" class="id">
            <Name text={delivery.eventId} />
          </td>
          <td data-name="Received">
            <Moment at={delivery.receivedAt} now={now} />
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
