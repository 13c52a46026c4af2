/** One thing that is wrong with what was asked. */
export interface AskedFault {
  /** The steps to it: `["metadata", "site"]`. */
  path: readonly string[];
  /** What is wrong, worded to follow the name of the field. */
  detail: string;
}

/** What a person asked for cannot be: every fault with its place, and what to do. All of it may be shown. */
export class Refusal extends Error {
  readonly faults: readonly AskedFault[];
  readonly hint: string | undefined;

  constructor(message: string, faults: readonly AskedFault[], hint?: string) {
    super(message);
    this.name = "Refusal";
    this.faults = faults;
    this.hint = hint;
  }
}
