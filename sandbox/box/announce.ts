import { createDeliveryTeller } from "./announce-deliveries.ts";
import { createEventTeller } from "./announce-events.ts";
import type { Happening, Tellers } from "./happening.ts";

export type Announce = (happening: Happening) => void;

/**
 * Writes the events and owes the deliveries of something that happened; to be called in the
 * transaction that makes it happen.
 */
export function createAnnounce(tellers: Tellers, wake: () => void): Announce {
  const tellEvents = createEventTeller(tellers);
  const tellWebhooks = createDeliveryTeller(tellers, wake);
  return (happening) => {
    tellEvents(happening);
    tellWebhooks(happening);
  };
}
