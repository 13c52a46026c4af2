/**
 * A time as Box writes it: whole seconds and an offset, Pacific in the published samples. A fixed
 * offset keeps it readable; a reader must not expect UTC.
 */
export function boxTime(ms: number): string {
  const OFFSET_HOURS = -7;
  const local = new Date(ms + OFFSET_HOURS * 3_600_000).toISOString().slice(0, 19);
  return `${local}-07:00`;
}

/** Milliseconds since 1970, or `undefined` for what is no time. */
export function parseTime(text: unknown): number | undefined {
  const ms = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}
