/** Of several runs: the middle one and how far they lie apart. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Throws on an empty list: a measurement that was not made has no figure. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    median: percentile(values, 50),
    min: percentile(values, 0),
    max: percentile(values, 100),
  };
}

/** The smallest value that at least `percent` of all do not exceed; no interpolation. */
export function percentile(values: ArrayLike<number>, percent: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new Error("nothing was measured");
  return value;
}

/** Three digits that mean something; figures from a shared machine have no more. */
export const rounded = (value: number): number => Number(value.toPrecision(3));

/** The same for all figures of a report. */
export const roundedSpread = ({ median, min, max }: Spread): Spread => ({
  median: rounded(median),
  min: rounded(min),
  max: rounded(max),
});
