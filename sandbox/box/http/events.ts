import { Hono } from "hono";
import { setTimeout as sleep } from "node:timers/promises";
import { parseTime } from "../clock.ts";
import type { Item } from "../items.ts";
import { type EventsRequest, lastSequence, readEvents } from "../events.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { type Desk, type Door, type Env, numberOf } from "./door.ts";

const USER_STREAMS = ["all", "changes", "sync"] as const;
const ENTERPRISE_STREAMS = ["admin_logs", "admin_logs_streaming"] as const;
const LOOK_MS = 50;
/** Shorter than Box's ten minutes, so that a sandbox that is left alone ends its connections. */
const LONGEST_POLL_MS = 60_000;
type Stream = EventsRequest["streamType"];

/** https://developer.box.com/reference/get-events/ */
export function eventRoutes({ core, faults }: Desk, door: Door) {
  const app = new Hono<Env>();

  /** An event with its item as this user sees it by now; as it was when they see it no more. */
  const retell = (userId: string) => (body: string) => {
    const event = JSON.parse(body) as { source: Partial<Item> | null };
    const item = core.items.get(event.source?.id ?? "");
    const view = item && core.access.view(userId, item);
    if (!view || item.type !== event.source?.type) return body;
    return JSON.stringify({ ...event, source: core.shapes.item(view) });
  };

  app.on("OPTIONS", "/events", door("events"), (c) => {
    const url = `${new URL(c.req.url).origin}/2.0/events/realtime`;
    const server = {
      type: "realtime_server",
      url,
      ttl: "10",
      max_retries: "10",
      retry_timeout: 610,
    };
    return c.json({ chunk_size: 1, entries: [server] });
  });

  // Tells that something happened since it was asked, in whoever's feed; what, the stream says.
  app.get("/events/realtime", door("events"), async (c) => {
    const { signal } = c.req.raw;
    const before = lastSequence(core.state);
    for (let looks = LONGEST_POLL_MS / LOOK_MS; looks > 0; looks--) {
      await sleep(LOOK_MS, undefined, { signal });
      if (lastSequence(core.state) > before) return c.json({ version: 1, message: "new_change" });
    }
    return c.json({ version: 1, message: "reconnect" });
  });

  return app.get("/events", door("events"), (c) => {
    const { login, effect } = c.var;
    const asked = c.req.query("stream_type") ?? "all";
    const streamType = [...USER_STREAMS, ...ENTERPRISE_STREAMS].find((known) => known === asked);
    if (!streamType) throw badRequest("stream_type", `Invalid value '${asked}'.`);
    const enterprise = isEnterprise(streamType);
    if (enterprise && login.subject !== "enterprise")
      throw new Refusal(403, "insufficient_scope", "The enterprise's events need its own token");
    const answer = readEvents(core.state, {
      userId: enterprise ? null : login.userId,
      streamType,
      position: c.req.query("stream_position"),
      limit: Math.max(1, numberOf(c, "limit", 100, 500)),
      eventTypes: c.req.query("event_type")?.split(",") ?? [],
      createdAfter: parseTime(c.req.query("created_after")),
      createdBefore: parseTime(c.req.query("created_before")),
      positionsAsText: faults.settings.positionsAsText,
      shortPages: faults.settings.shortPages,
      effect,
      now: core.now(),
      retell: faults.settings.userEventsShowNow && !enterprise ? retell(login.userId) : undefined,
    });
    return c.body(answer, 200, { "content-type": "application/json" });
  });
}

const isEnterprise = (stream: Stream) => ENTERPRISE_STREAMS.some((known) => known === stream);
