import { setTimeout } from "node:timers/promises";
import type { Keys } from "../../sandbox/box/wire.ts";
import { answerParent, type Calls } from "../processes.ts";
import { createRequests } from "./delivery.ts";
import { type Line, openLine } from "./line.ts";

export interface Target {
  port: number;
  path: string;
  keys: Keys;
}

export interface Load {
  /** Of each request that was measured. */
  latenciesMs: Float64Array;
  /** How long requests were measured. */
  seconds: number;
  /** Numbers of the deliveries answered 2xx, warm-up included. */
  acknowledged: Int32Array;
  /** Statuses other than 2xx, and how often. */
  refused: Record<number, number>;
}

export interface LoadCalls extends Calls {
  closed(load: {
    target: Target;
    connections: number;
    warmUpMs: number;
    forMs: number;
  }): Promise<Load>;
  open(load: { target: Target; perSecond: number; forMs: number }): Promise<Load>;
}

/** So many connections that waiting for a free one never hides that the server is slow. */
const OPEN_CONNECTIONS = 256;

/** Numbers of deliveries are never used twice in a process. */
let next = 0;

const calls: LoadCalls = {
  /** Each connection sends its next request when the one before is answered. */
  async closed({ target, connections, warmUpMs, forMs }) {
    const desk = openDesk(target);
    const lines = await openLines(target, connections);
    const measuredFrom = performance.now() + warmUpMs;
    const until = measuredFrom + forMs;
    await Promise.all(
      lines.map(async (line) => {
        while (performance.now() < until) {
          const sentAt = performance.now();
          await desk.send(line, sentAt, (now) => sentAt >= measuredFrom && now <= until);
        }
        line.close();
      }),
    );
    return desk.result(forMs / 1000);
  },

  /**
   * Requests leave at their times whatever became of those before, and each is timed from when it
   * should have left: a server that falls behind cannot hide it by slowing its sender down.
   */
  async open({ target, perSecond, forMs }) {
    const desk = openDesk(target);
    const idle = await openLines(target, OPEN_CONNECTIONS);
    const due: number[] = [];
    const underWay = new Set<Promise<void>>();
    const depart = () => {
      while (due.length > 0 && idle.length > 0) {
        const line = idle.pop() as Line;
        const sent = desk
          .send(line, due.shift() as number, () => true)
          .finally(() => {
            underWay.delete(sent);
            idle.push(line);
            depart();
          });
        underWay.add(sent);
      }
    };
    const startedAt = performance.now();
    const total = Math.round((perSecond * forMs) / 1000);
    for (let planned = 0; planned < total;) {
      for (; planned < total; planned++) {
        const at = startedAt + (planned * 1000) / perSecond;
        if (at > performance.now()) break;
        due.push(at);
      }
      depart();
      await setTimeout(1);
    }
    while (underWay.size > 0) await Promise.all(underWay);
    for (const line of idle) line.close();
    return desk.result((performance.now() - startedAt) / 1000);
  },
};

function openDesk({ port, path, keys }: Target) {
  const request = createRequests(`127.0.0.1:${port}`, path, keys);
  const latencies: number[] = [];
  const acknowledged: number[] = [];
  const refused: Record<number, number> = {};
  return {
    async send(line: Line, since: number, isMeasured: (now: number) => boolean) {
      const n = next++;
      const status = await line.send(request(n));
      const now = performance.now();
      if (status < 200 || status > 299) refused[status] = (refused[status] ?? 0) + 1;
      else {
        acknowledged.push(n);
        if (isMeasured(now)) latencies.push(now - since);
      }
    },
    result: (seconds: number): Load => ({
      latenciesMs: Float64Array.from(latencies),
      seconds,
      acknowledged: Int32Array.from(acknowledged),
      refused,
    }),
  };
}

const openLines = ({ port }: Target, count: number) =>
  Promise.all(Array.from({ length: count }, () => openLine("127.0.0.1", port)));

answerParent(calls);
