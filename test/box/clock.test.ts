import { expect, it, onTestFinished, vi } from "vitest";
import { createClock } from "../../src/box/clock.ts";
import { createTransport } from "../../src/box/transport.ts";
import { startServer } from "./box-server.ts";

const NOW = Date.parse("2026-03-05T18:00:00Z");
const HOUR = 3_600_000;

const dated = (ms: number) => new Headers({ date: new Date(ms).toUTCString() });

function clockAt(ms: number) {
  vi.useFakeTimers({ toFake: ["Date"], now: ms });
  onTestFinished(() => void vi.useRealTimers());
  return createClock();
}

it("goes by our own clock until Box has told its time", () => {
  const clock = clockAt(NOW);
  expect(clock.offsetMs()).toBeUndefined();
  expect(clock.nowMs()).toBe(NOW);
});

it.each([-HOUR, 0, HOUR])("tells Box's time where ours is off by %d ms", (offMs) => {
  const clock = clockAt(NOW + offMs);
  clock.note(dated(NOW), 0);
  // `Date` is cut to the second: the middle of it is the guess.
  expect(clock.offsetMs()).toBe(500 - offMs);
  expect(clock.nowMs()).toBe(NOW + 500);
});

it("takes the way of the answer into account, and the answer of a slow one not at all", () => {
  const clock = clockAt(NOW);
  clock.note(dated(NOW), 1_000);
  expect(clock.offsetMs()).toBe(1_000);
  clock.note(dated(NOW - HOUR), 20_000);
  clock.note(new Headers({ date: "today" }), 0);
  clock.note(new Headers(), 0);
  expect(clock.offsetMs()).toBe(1_000);
  clock.note(dated(NOW + HOUR), 0);
  expect(clock.offsetMs(), "the newest counts").toBe(HOUR + 500);
});

it("is set by answers of the API, a refusal as well, and not by content hosts", async () => {
  const server = await startServer((_request, response) => {
    response.setHeader("date", new Date(Date.now() + HOUR).toUTCString());
    response.writeHead(401).end();
  });
  const { clock, send } = createTransport();
  (await send({ kind: "content", method: "GET", url: server.url })).close();
  expect(clock.offsetMs()).toBeUndefined();
  (await send({ kind: "token", method: "POST", url: server.url })).close();
  expect(clock.offsetMs()).toBeGreaterThan(HOUR - 2_000);
});
