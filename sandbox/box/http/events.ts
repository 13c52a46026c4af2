import { Hono } from "hono";
import { parseTime } from "../clock.ts";
import { type EventsRequest, readEvents } from "../events.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { type Desk, type Door, type Env, numberOf } from "./door.ts";

const USER_STREAMS = ["all", "changes", "sync"] as const;
const ENTERPRISE_STREAMS = ["admin_logs", "admin_logs_streaming"] as const;
type Stream = EventsRequest["streamType"];

/** https://developer.box.com/reference/get-events/ */
export function eventRoutes({ core, faults }: Desk, door: Door) {
  return new Hono<Env>().get("/events", door("events"), (c) => {
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
    });
    return c.body(answer, 200, { "content-type": "application/json" });
  });
}

const isEnterprise = (stream: Stream) => ENTERPRISE_STREAMS.some((known) => known === stream);
