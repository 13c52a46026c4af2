import type { Failure } from "../core/failure.ts";
import type { EventStream } from "../core/streams.ts";
import type { Database } from "../db/open.ts";
import type { LakeStore } from "../lake/store.ts";
import type { Log } from "../log.ts";
import type { BoxClients } from "../operations/box-clients.ts";
import type { TaskName, Tasks } from "../operations/enqueue.ts";
import type { Secrets } from "../secrets.ts";
import type { HeldLeases } from "./held-leases.ts";

/** What jobs are made of; each handler names the part that it uses. */
export interface JobDeps {
  db: Database;
  boxes: BoxClients;
  secrets: Secrets;
  lake: LakeStore;
  /** The part of every object name that the lake's address gives. */
  prefix: string;
  /** Where Box can reach us; undefined when it cannot, and accounts are polled. */
  webhookBase: string | undefined;
  /** Where it could before we moved: webhooks that lead there are ours. */
  formerWebhookBase?: string | undefined;
  /** This process among the workers; leases carry it. */
  worker: string;
  held: HeldLeases;
  log: Log;
  /** A source is compared in full with Box so often. */
  sweepEveryMs: number;
  /** For how long deliveries, events and walks that signals asked for are kept. */
  retentionDays: number;
  /** In [0, 1): spreads waits. */
  random: () => number;
  /** Tells the metrics of events that could not be read. */
  countOddEvents: (stream: EventStream, events: number) => void;
}

/** How a run of a job ended, for its line in the log and the metrics. */
export type Outcome =
  /** Done, or one bounded part of it. */
  | { outcome: "done" | "continued"; note: string; fields?: Record<string, unknown> }
  /** Nothing to do: the row is gone, finished, not due, or somebody else's. */
  | { outcome: "idle" }
  /** Will be tried again, or is given up; the row says why. */
  | { outcome: "set_back" | "given_up"; failure: Failure; dueAt: Date | undefined };

/** One bounded piece of work for an id. Everything that must be remembered is in the row. */
export type Handler<Name extends TaskName> = (
  payload: Tasks[Name],
  signal: AbortSignal,
) => Promise<Outcome>;
