const TONES = {
  stored: "good",
  done: "good",
  registered: "good",
  linked: "good",
  active: "good",
  recorded: "good",
  complete: "good",
  closed: "good",
  passed: "good",
  lacking: "wary",
  pending: "busy",
  running: "busy",
  queued: "busy",
  waiting: "wary",
  incomplete: "wary",
  lost: "bad",
  open: "bad",
  needs_relogin: "bad",
  given_up: "bad",
  failed: "bad",
  unreadable: "bad",
  noted: "wary",
  paused: "wary",
  polled: "quiet",
  ignored: "quiet",
  deleted: "quiet",
  withdrawn: "quiet",
  not_proved: "quiet",
} as const;

export type StateWord = keyof typeof TONES;

/** A state in words; its colour only repeats them. */
export const State = ({ of }: { of: StateWord }) => (
  <span class={`state ${TONES[of]}`}>{words(of)}</span>
);

/** `given_up` as it is said. */
export const words = (name: string): string => name.replaceAll("_", " ");
