import { listEvents } from "../../db/event-list.ts";
import { cutPage } from "../cut-page.ts";
import type { HttpDeps } from "../deps.ts";
import { address } from "./address.ts";
import type { EventsProps } from "./events.tsx";
import { namesOf } from "./names.ts";
import { eventMark } from "./query.ts";

const SHOWN = 20;

/** What the page of events shows; `before` is the mark of the page before. */
export async function readEvents(
  { db }: Pick<HttpDeps, "db">,
  before: string | undefined,
): Promise<EventsProps> {
  const after = eventMark.read(before);
  const found = await listEvents(db, { odd: true, after, limit: SHOWN + 1 });
  const { shown: events, last } = cutPage(found, SHOWN);
  const names = await namesOf(db, {
    accounts: events.map(({ accountId }) => accountId),
    sources: [],
  });
  return {
    events,
    names,
    path: address("/events", { before: after && eventMark.write(after) }),
    older: last && address("/events", { before: eventMark.write(last) }),
    now: new Date(),
  };
}
