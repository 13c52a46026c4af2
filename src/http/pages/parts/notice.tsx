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
