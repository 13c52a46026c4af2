import { type DeliveryOutcome, listDeliveries } from "../../db/delivery-list.ts";
import { cutPage } from "../cut-page.ts";
import type { HttpDeps } from "../deps.ts";
import { address } from "./address.ts";
import type { DeliveriesProps } from "./deliveries.tsx";
import { namesOf } from "./names.ts";

const SHOWN = 50;

/** What the page of deliveries shows; `before` is the id of the last one of the page before. */
export async function readDeliveries(
  { db }: Pick<HttpDeps, "db">,
  { outcome, before }: { outcome?: DeliveryOutcome | undefined; before?: number | undefined },
): Promise<DeliveriesProps> {
  const found = await listDeliveries(db, { outcome, after: before, limit: SHOWN + 1 });
  const { shown: deliveries, last } = cutPage(found, SHOWN);
  const names = await namesOf(db, {
    accounts: deliveries.map(({ accountId }) => accountId),
    sources: [],
  });
  return {
    deliveries,
    names,
    outcome,
    path: address("/deliveries", { outcome, before }),
    older: last && address("/deliveries", { outcome, before: last.id }),
    now: new Date(),
  };
}
