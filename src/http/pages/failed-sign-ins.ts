/** Wrong tokens within a minute that are answered at once: enough for a person with two clipboards. */
const FREE = 10;
const WINDOW_MS = 60_000;

/**
 * Counts wrong tokens in this process; `tooMany` notes one and says whether it is past the free
 * ones of the last minute. What keeps guessers out is the token's length: this only slows them, and
 * since the right token is never counted, nobody can lock the owner out by guessing.
 */
export function createFailedSignIns(now: () => number = Date.now) {
  let failedAt: number[] = [];
  return {
    tooMany(): boolean {
      failedAt = [...failedAt.filter((at) => at > now() - WINDOW_MS), now()].slice(-FREE - 1);
      return failedAt.length > FREE;
    },
  };
}
