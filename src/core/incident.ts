/** Everything that can be open, and what it is called; docs/operations.md says what to do about each. */
export const INCIDENTS = {
  account_needs_relogin: "Account must be linked anew",
  webhook_silent: "Webhook is silent",
  webhook_gone: "Webhook is gone",
  webhooks_near_limit: "Webhooks are near Box's limit",
  gap_reproved: "Gap in the events was re-proved",
  source_unreachable: "Source is out of reach",
  budget_exhausted: "Calls to Box are used up",
  given_up: "Work was given up",
  content_not_ready: "Box does not hand out content",
  versions_gone: "Versions were gone before they were stored",
  lake_blocked: "Lake refuses us",
  unreadable_signals: "Signals cannot be read",
} as const satisfies Record<string, string>;

export type IncidentKind = keyof typeof INCIDENTS;

export const INCIDENT_KINDS = Object.keys(INCIDENTS) as IncidentKind[];

/** Those that nothing may ever mend: a person closes them, by saying that it is known. */
export const ACKNOWLEDGED_KINDS: readonly IncidentKind[] = ["versions_gone"];

export interface IncidentNews {
  kind: IncidentKind;
  /** What it is about, an id as a rule: a kind has at most one open incident for each. */
  subject: string;
  accountId?: string | undefined;
  sourceId?: string | undefined;
  /** What happened and what it means, in whole sentences. */
  message: string;
  /** What a person can do. */
  hint?: string | undefined;
  /** Figures and ids; never a secret. */
  details?: Record<string, unknown> | undefined;
  /** Since when, where that is known; else since it is opened. */
  since?: Date | undefined;
}
