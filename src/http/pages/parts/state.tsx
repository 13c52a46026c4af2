const TONES = {
  stored: "good",
  done: "good",
  registered: "good",
  linked: "good",
  active: "good",
  recorded: "good",
  pending: "busy",
  running: "busy",
  waiting: "wary",
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
} as const;

export type StateWord = keyof typeof TONES;

/** A state in words; its colour only repeats them. */
export const State = ({ of }: { of: StateWord }) => (
  <span class={`state ${TONES[of]}`}>{of === "needs_relogin" ? "needs relogin" : words(of)}</span>
);

/** `given_up` as it is said. */
export const words = (name: string): string => name.replaceAll("_", " ");
