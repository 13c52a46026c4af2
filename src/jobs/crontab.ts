import { PRIORITY } from "../operations/enqueue.ts";

const FIRST = `priority=${PRIORITY.pass}`;

/**
 * When the queue wakes by itself. Minutes are UTC and scheduled once however many workers run; a
 * reading of events that is still under way when the next begins is left alone by its own lease, and
 * webhooks, most of them not due, are looked at by one pass at a time; so is what wants a person. No
 * backfill: after a pause one pass does the work of all that were missed. Only the daily renewal of idle
 * logins is made up for when it was missed, since a worker may run by day alone. What keeps the minute goes
 * before everything else that is due.
 */
export const CRONTAB = `
* * * * * reconcile ?id=reconcile&${FIRST}&max=3 {}
17 * * * * choose_streams ?id=choose_streams&${FIRST}&max=1&jobKey=choose_streams {}
* * * * * keep_webhooks ?id=keep_webhooks&${FIRST}&max=3&queue=keep_webhooks&jobKey=keep_webhooks {}
* * * * * look_after ?id=look_after&${FIRST}&max=3&queue=look_after&jobKey=look_after {}
* * * * * start_sweeps ?id=start_sweeps&${FIRST}&max=3&jobKey=start_sweeps {}
7 3 * * * keep_logins ?id=keep_logins&${FIRST}&fill=1d&jobKey=keep_logins {}
41 * * * * prune ?id=prune&max=3&queue=prune&jobKey=prune {}
`;
