import { z } from "zod";
import { isUuid } from "../../core/ids.ts";
import { DELIVERY_OUTCOMES } from "../../db/delivery-list.ts";
import { OBJECT_STATES } from "../../db/version-search.ts";
import { FAILURE_ID } from "../failure-id.ts";
import { DAYS } from "./doors.tsx";
import { STANDINGS } from "./incidents.tsx";
import { TOLD } from "./parts/notice.tsx";

/** What stands behind the `?` of a page's address; anything odd in it is as if it were not there. */
export const pageQuery = z.object({
  /** The last one of the page before, by its number. */
  before: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .transform(Number)
    .optional()
    .catch(undefined),
  state: z.enum(OBJECT_STATES).optional().catch(undefined),
  misfit: z
    .literal("true")
    .transform(() => true)
    .optional()
    .catch(undefined),
  standing: z.enum(STANDINGS).catch("all"),
  /** How far back, in days. */
  days: z.coerce.number().pipe(z.literal(DAYS)).catch(7),
  source: z.string().optional().catch(undefined),
  outcome: z.enum(DELIVERY_OUTCOMES).optional().catch(undefined),
  /** What a replay did, told once after it. */
  chosen: z.coerce.number().int().min(0).optional().catch(undefined),
  replayed: z.coerce.number().int().min(0).optional().catch(undefined),
  /** What any other button did. */
  told: z.enum(TOLD).optional().catch(undefined),
});

/** The last failure of the page before: its time, then its id. */
export const failureMark = {
  write: ({ at, id }: { at: string; id: string }) => `${at}~${id}`,
  read(text: string | undefined) {
    const [at = "", id = ""] = text?.split("~") ?? [];
    const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?[+-]\d\d:\d\d$/.test(at);
    return isTime && Number.isFinite(Date.parse(at)) && FAILURE_ID.test(id)
      ? { at, id }
      : undefined;
  },
};

/** The last event of the page before: its time, whose it is, and Box's id, which may be any text. */
export const eventMark = {
  write: ({ at, accountId, eventId }: { at: string; accountId: string; eventId: string }) =>
    `${at}~${accountId}~${eventId}`,
  read(text: string | undefined) {
    const [at = "", accountId = "", ...rest] = text?.split("~") ?? [];
    const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(at);
    const eventId = rest.join("~");
    const isText = eventId.isWellFormed() && !eventId.includes("\0");
    return isTime && Number.isFinite(Date.parse(at)) && isUuid(accountId) && isText
      ? { at, accountId, eventId }
      : undefined;
  },
};

/** What the button of a replay sends: something to replay, at the least. */
export const replayForm = z
  .object({
    failureIds: z.array(z.string().regex(FAILURE_ID)).max(1000),
    objectIds: z.array(z.string().regex(/^[1-9]\d{0,17}$/)).max(1000),
  })
  .refine(({ failureIds, objectIds }) => failureIds.length + objectIds.length > 0);
