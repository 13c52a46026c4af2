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

/** How long something lasts, in one unit: `40 ms`, `3 min`, `2 h`. */
export function span(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < 100 * SECOND) return `${Math.round(ms / SECOND)} s`;
  if (ms < 100 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 48 * HOUR) return `${Math.round(ms / HOUR)} h`;
  return `${count(Math.round(ms / DAY))} d`;
}

/** How long before or after now, in one unit: `3 min ago`, `in 2 h`. */
export function relative(at: Date, now: Date): string {
  const distance = now.getTime() - at.getTime();
  const apart = Math.abs(distance);
  if (apart < 2 * SECOND) return "just now";
  return distance > 0 ? `${span(apart)} ago` : `in ${span(apart)}`;
}

/** To the second, in UTC: `2026-11-22 00:18:05 UTC`. */
export const utc = (at: Date): string => `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** The bytes that a person means by `500`, `12 kB` or `1.5 GB`; undefined for anything else. */
export function sizeIn(text: string): number | undefined {
  const [, digits, unit = ""] = /^\s*(\d{1,15}(?:\.\d{1,3})?)\s*([kmgtp]?)b?\s*$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const power = ["", ...UNITS.map((name) => name.charAt(0).toLowerCase())].indexOf(
    unit.toLowerCase(),
  );
  return Math.round(Number(digits) * 1000 ** power);
}
