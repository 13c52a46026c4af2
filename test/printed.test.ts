import { expect, test } from "vitest";
import { createLog } from "../src/log.ts";
import { logWhatIsPrinted } from "../src/printed.ts";

/** A console whose lines go to a log of this level, and what comes of them. */
function aConsole(level = "trace") {
  const lines: string[] = [];
  const printed = { ...console };
  logWhatIsPrinted(createLog(level, { write: (line) => void lines.push(line) }), printed);
  return { printed, said: () => lines.map((line) => JSON.parse(line) as unknown) };
}

test("what a library prints becomes a line of the log, with its level", () => {
  const { printed, said } = aConsole();
  printed.error("Retried 100 times, and still failed:", new Error("connection lost"));
  printed.warn("Your pool doesn't have error handlers!");
  expect(said()).toMatchObject([
    {
      level: "error",
      printed: "error",
      msg: "Retried 100 times, and still failed:",
      err: { message: "connection lost" },
    },
    { level: "warn", msg: "Your pool doesn't have error handlers!" },
  ]);
});

test("a trace, printed beside a line that says the same, is left out unless one looks closely", () => {
  const { printed, said } = aConsole("info");
  printed.trace(new Error("Connection terminated unexpectedly"));
  expect(said()).toEqual([]);
  const close = aConsole("debug");
  close.printed.trace(new Error("Connection terminated unexpectedly"));
  expect(close.said()).toMatchObject([
    { level: "debug", printed: "trace", err: { message: "Connection terminated unexpectedly" } },
  ]);
});

test("nothing secret is printed: not in words, not in errors, not in what hangs on them", () => {
  const { printed, said } = aConsole();
  const secret = "canary-91c4";
  const statement = Object.assign(new Error(`insert ${secret}`), { severity: "ERROR", code: "1" });
  printed.log(`postgres://u:${secret}@db/x`, statement, { password: secret });
  expect(JSON.stringify(said())).not.toContain(secret);
});
