import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerParent, type Calls } from "../processes.ts";

export interface Tally {
  /** Calls let through since the last time of asking, and those refused. */
  admitted: number;
  refused: number;
  /** The most calls, refused ones included, that ever came within one window. */
  most: number;
}

export interface LimitedBoxCalls extends Calls {
  start(options: { limit: number; windowMs: number }): Promise<string>;
  tally(): Tally;
}

/** As long as Box takes for a small answer: no two alike. */
const ANSWER_MS = { least: 20, most: 120 };

/** When calls came, the oldest first, no older than the window. */
const arrivals: number[] = [];
const letThrough: number[] = [];
let tally: Tally = { admitted: 0, refused: 0, most: 0 };

const within = (moments: number[], sinceMs: number) => {
  while ((moments[0] ?? Infinity) <= sinceMs) moments.shift();
  return moments.length;
};

const calls: LimitedBoxCalls = {
  async start({ limit, windowMs }) {
    const server = createServer((_request, response) => {
      const nowMs = performance.now();
      arrivals.push(nowMs);
      tally.most = Math.max(tally.most, within(arrivals, nowMs - windowMs));
      if (within(letThrough, nowMs - windowMs) >= limit) {
        tally.refused++;
        const freeAtMs = (letThrough[0] ?? nowMs) + windowMs;
        const seconds = Math.ceil((freeAtMs - nowMs) / 1000);
        response.writeHead(429, { "retry-after": String(seconds) });
        response.end('{"type":"error","status":429,"code":"rate_limit_exceeded"}');
        return;
      }
      letThrough.push(nowMs);
      tally.admitted++;
      response.setHeader("content-type", "application/json");
      const body = '{"type":"file","id":"1","etag":"0","name":"plate.csv"}';
      const { least, most } = ANSWER_MS;
      setTimeout(() => response.end(body), least + Math.random() * (most - least));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },

  tally() {
    const counted = tally;
    tally = { admitted: 0, refused: 0, most: counted.most };
    return counted;
  },
};

answerParent(calls);
