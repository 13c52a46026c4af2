/**
 * When the queue wakes by itself. Minutes are UTC and scheduled once however many workers run; a
 * pass that is still under way when the next begins is left alone by its own lease. No backfill:
 * after a pause one pass does the work of all that were missed.
 */
export const CRONTAB = `
* * * * * reconcile ?id=reconcile&max=3 {}
7 * * * * keep_webhooks ?id=keep_webhooks&max=3 {}
`;
