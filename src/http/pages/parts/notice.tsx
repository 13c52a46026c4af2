import { count } from "../format.ts";

/** What a replay did, told once on the page that it came from. */
export const ReplayNotice = ({ chosen, replayed }: { chosen: number; replayed: number }) => (
  <output class="notice">
    {replayed === 0
      ? "Nothing was set going: it is going already, or is owed no more."
      : replayed === chosen
        ? `${count(replayed)} set going again.`
        : `${count(replayed)} of ${count(chosen)} set going again; the rest is going already, or is owed no more.`}
  </output>
);

const SENTENCES = {
  registered:
    "Registered: what lies in the folder is being listed, and what comes is stored as it comes.",
  edited: "Saved.",
  asked: "Every source is asked for it from now on, when it is registered or edited.",
  unasked: "No source is asked for it any more; what sources carry under its name stays.",
  swept: "A sweep was begun: everything in the folder is compared with the lake.",
  sweeping: "A sweep is under way already.",
  backfilled: "The backfill starts over: the folder is listed anew, and what is missing is stored.",
  backfilling: "The backfill is under way already, and goes on.",
  acknowledged: "Acknowledged: it is closed, and what it told of is not told again.",
  paused: "Paused: what is noticed meanwhile is owed, and waits.",
  deleted: "Deleted: nothing more is stored for the source, and what it stored stays.",
  resumed: "Resumed: what waited is due now.",
} as const;

export type Told = keyof typeof SENTENCES;
export const TOLD = Object.keys(SENTENCES) as [Told, ...Told[]];

/** What another button did, told once. */
export const Notice = ({ of }: { of: Told }) => <output class="notice">{SENTENCES[of]}</output>;
