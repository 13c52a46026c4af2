import type { BoxClient, BoxCredentials } from "../box/client.ts";
import { Failure } from "../core/failure.ts";
import { accountId } from "../core/ids.ts";
import { type EventStream, streamsOf } from "../core/streams.ts";
import type { Queryable } from "../db/open.ts";
import { hasPosition, takePosition } from "../db/positions.ts";

export const NO_ENTERPRISE_EVENTS =
  "The application may not read enterprise events (scope: Manage enterprise properties), so the user's own events are read";

/** Whether credentials are those of an enterprise's service account, which may read all its events. */
export const speaksForEnterprise = (auth: object): boolean =>
  "subject" in auth && auth.subject === "enterprise";

/**
 * The enterprise's stream sees all of its content, so it is read where the credentials speak for
 * the enterprise and Box lets them; otherwise the user's own, with the reason.
 */
export async function chooseStream(
  box: BoxClient,
  auth: BoxCredentials,
): Promise<{ stream: EventStream; reason: string | null }> {
  if (!speaksForEnterprise(auth)) return { stream: "changes", reason: null };
  try {
    await box.events("admin_logs_streaming", "now");
    return { stream: "admin_logs_streaming", reason: null };
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "forbidden") throw error;
    return { stream: "changes", reason: NO_ENTERPRISE_EVENTS };
  }
}

/**
 * Takes the first position of every stream that a source needs and that has none. To be called before
 * the source is committed: what happens from here on is told by the streams, what was before is
 * found by its backfill.
 */
export async function takePositions(
  db: Queryable,
  box: BoxClient,
  account: { id: string; stream: EventStream },
  isExternal: boolean | undefined,
): Promise<void> {
  const id = accountId(account.id);
  for (const stream of streamsOf(account.stream, isExternal))
    if (!(await hasPosition(db, id, stream)))
      await takePosition(db, id, stream, await newestPosition(box, stream));
}

/** Throws `transient` when Box gives none: no stream is ever read from a position made up. */
export async function newestPosition(box: BoxClient, stream: EventStream): Promise<string> {
  const { nextPosition } = await box.events(stream, "now");
  if (nextPosition === undefined || nextPosition === "0")
    throw new Failure("transient", "Box gave no position of its event stream");
  return nextPosition;
}
