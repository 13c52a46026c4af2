import { boxTime } from "./clock.ts";
import type { Json } from "./shapes.ts";

/** What the body of every delivery begins with, whatever it tells. */
export const deliveryBase = (
  webhookId: string,
  trigger: string,
  id: string,
  now: number,
): Json => ({
  type: "webhook_event",
  id,
  created_at: boxTime(now),
  trigger,
  webhook: { id: webhookId, type: "webhook" },
});
