import { sql } from "drizzle-orm";
import { type Queryable, records, rows } from "./open.ts";

export interface ReceivedDelivery {
  accountId: string;
  webhookId: string;
  eventId: string;
  deliveryId: string | undefined;
  trigger: string | undefined;
  outcome: "recorded" | "ignored" | "noted" | "unreadable";
  note: string | undefined;
  body: Uint8Array;
}

export const deliveryKey = (one: Pick<ReceivedDelivery, "accountId" | "webhookId" | "eventId">) =>
  `${one.accountId} ${one.webhookId} ${one.eventId}`;

/** Keeps deliveries, each once, and answers the keys of those that were not there before. */
export async function keepDeliveries(
  db: Queryable,
  received: ReceivedDelivery[],
): Promise<Set<string>> {
  const once = new Map(received.map((one) => [deliveryKey(one), one]));
  const sorted = [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  const values = sorted.map((one) => ({ ...one, body: Buffer.from(one.body).toString("base64") }));
  const fresh = await rows<Pick<ReceivedDelivery, "accountId" | "webhookId" | "eventId">>(
    db,
    sql`
      insert into deliveries (account_id, webhook_id, event_id, delivery_id, trigger, outcome, note, body)
      select "accountId", "webhookId", "eventId", "deliveryId", trigger, outcome, note,
        decode(body, 'base64')
      from json_to_recordset(${records(values)}) as received(
        "accountId" uuid, "webhookId" text, "eventId" text, "deliveryId" text, trigger text,
        outcome text, note text, body text)
      on conflict (account_id, webhook_id, event_id) do nothing
      returning account_id as "accountId", webhook_id as "webhookId", event_id as "eventId"`,
  );
  return new Set(fresh.map(deliveryKey));
}
