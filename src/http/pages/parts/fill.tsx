import type { SourceProgress } from "../../../db/source-progress.ts";

/** From what is safe to what needs a person, left to right. */
const PARTS = ["stored", "pending", "waiting", "givenUp"] as const;

/** How much of what the lake owes a source it keeps: a bar, for the eye only, beside the numbers. */
export const Fill = ({ counts }: { counts: SourceProgress["counts"] }) => {
  const owed = counts.stored + counts.pending + counts.waiting + counts.givenUp;
  let from = 0;
  return (
    <svg class="fill" aria-hidden="true" width="100%" height="8">
      {PARTS.map((key) => {
        const share = owed === 0 ? 0 : (counts[key] / owed) * 100;
        const x = from;
        from += share;
        return share === 0 ? null : (
          <rect class={key} x={percent(x)} width={percent(share)} height="8" />
        );
      })}
    </svg>
  );
};

const percent = (share: number) => `${share.toFixed(3)}%`;
