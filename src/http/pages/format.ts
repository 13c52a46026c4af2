/** Thousands are divided by commas, whatever the machine's language. */
export const count = (value: number): string => value.toLocaleString("en-US");

const UNITS = ["kB", "MB", "GB", "TB", "PB"];

/** A size as people say it, in powers of ten as Box and Google count: `4.1 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${count(bytes)} B`;
  let value = bytes / 1000;
  let unit = 0;
  // 999.5 would be printed as 1,000, which is 1.0 of the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 99.95 ? value.toFixed(1) : count(Math.round(value))} ${UNITS[unit]}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long before or after now, in one unit: `3 min ago`, `in 2 h`. */
export function relative(at: Date, now: Date): string {
  const distance = now.getTime() - at.getTime();
  const span = Math.abs(distance);
  if (span < 2 * SECOND) return "just now";
  const text =
    span < 100 * SECOND
      ? `${Math.round(span / SECOND)} s`
      : span < 100 * MINUTE
        ? `${Math.round(span / MINUTE)} min`
        : span < 48 * HOUR
          ? `${Math.round(span / HOUR)} h`
          : `${count(Math.round(span / DAY))} d`;
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

/** To the second, in UTC: `2026-11-22 00:18:05 UTC`. */
export const utc = (at: Date): string => `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
