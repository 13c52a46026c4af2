import { describeError, type Log, scrub } from "./log.ts";

/** What a library says it with, and how much of that wants somebody. */
const LEVELS = {
  error: "error",
  warn: "warn",
  log: "info",
  info: "info",
  debug: "debug",
  // Where an error came by, beside a line that says it: graphile-worker (0.18.0) does so for each
  // connection that it loses, and hands the line to its logger.
  trace: "debug",
} as const;

type Way = keyof typeof LEVELS;

/**
 * Has what libraries print on the console written to the log instead: one JSON line each, without what
 * errors may hold of secrets and parameters. To be called once, by the program; a second call would log
 * each line as often.
 */
export function logWhatIsPrinted(log: Log, console: Pick<Console, Way>): void {
  for (const way of Object.keys(LEVELS) as Way[])
    console[way] = (...said: unknown[]) => {
      const err = said.find((one) => one instanceof Error);
      const words = said.filter((one) => typeof one === "string").map(scrub);
      const fields = err === undefined ? {} : { err: describeError(err) };
      log[LEVELS[way]]({ printed: way, ...fields }, words.join(" ") || "A library printed this");
    };
}
