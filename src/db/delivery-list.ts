import { and, desc, eq, lt, sql } from "drizzle-orm";
import { type Queryable, rows } from "./open.ts";
import { deliveries } from "./schema.ts";

export type DeliveryOutcome = (typeof deliveries.$inferSelect)["outcome"];
export const DELIVERY_OUTCOMES = [
  "recorded",
  "ignored",
  "noted",
  "unreadable",
] as const satisfies DeliveryOutcome[];
export type DeliverySummary = Awaited<ReturnType<typeof listDeliveries>>[number];

export interface DeliveryFilter {
  accountId?: string | undefined;
  outcome?: DeliveryOutcome | undefined;
  trigger?: string | undefined;
  /** The id of the last one of the page before. */
  after?: number | undefined;
  limit: number;
}

const SUMMARY = {
  id: deliveries.id,
  accountId: deliveries.accountId,
  webhookId: deliveries.webhookId,
  eventId: deliveries.eventId,
  trigger: deliveries.trigger,
  outcome: deliveries.outcome,
  note: deliveries.note,
  receivedAt: deliveries.receivedAt,
};

/** Deliveries without their bodies, newest first. */
export async function listDeliveries(db: Queryable, filter: DeliveryFilter) {
  const { accountId, outcome, trigger, after, limit } = filter;
  return db
    .select(SUMMARY)
    .from(deliveries)
    .where(
      and(
        accountId === undefined ? undefined : eq(deliveries.accountId, accountId),
        outcome === undefined ? undefined : eq(deliveries.outcome, outcome),
        trigger === undefined ? undefined : eq(deliveries.trigger, trigger),
        after === undefined ? undefined : lt(deliveries.id, after),
      ),
    )
    .orderBy(desc(deliveries.id))
    .limit(limit);
}

/** Whether a delivery that is not there was there once: it is older than all that are kept. */
export async function wasPruned(db: Queryable, id: number): Promise<boolean> {
  const [row] = await rows<{ pruned: boolean }>(
    db,
    sql`
      select ${id}::bigint between 1 and coalesce((select min(id) from deliveries) - 1,
        pg_sequence_last_value(pg_get_serial_sequence('deliveries', 'id')), 0) as pruned`,
  );
  return row?.pruned ?? false;
}

/** One delivery with its body as Box sent it. */
export async function findDelivery(db: Queryable, id: number) {
  const [row] = await db
    .select({ ...SUMMARY, body: deliveries.body })
    .from(deliveries)
    .where(eq(deliveries.id, id));
  return row;
}
