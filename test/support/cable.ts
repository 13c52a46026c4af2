import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Transform } from "node:stream";

export type Cable = Awaited<ReturnType<typeof layCable>>;

interface CableFaults {
  /** What this says so of ends its connection instead of coming there. */
  readonly breaks?: (sent: Buffer) => boolean;
  /** How long what is sent waits on its way, and all that comes after it on its connection. */
  readonly holdsMs?: (sent: Buffer) => number;
  /** How late each answer comes. */
  readonly lagMs?: number;
}

/**
 * A way of its own to a server, the database for instance, that can go away without a word. `url` leads to the
 * same as the one that was given.
 */
export async function layCable(to: string, faults: CableFaults = {}) {
  const { breaks = () => false, holdsMs, lagMs = 0 } = faults;
  const far = new URL(to);
  const ends = new Set<Socket>();
  const drop = () => {
    for (const end of ends) end.destroy();
  };

  function keep(end: Socket, other: Socket) {
    ends.add(end);
    // Whatever ended it, both ends are gone.
    end.on("error", () => end.destroy());
    end.on("close", () => {
      ends.delete(end);
      other.destroy();
    });
  }

  const server = createServer((near) => {
    const there = connect(Number(far.port), far.hostname);
    keep(near, there);
    keep(there, near);
    (holdsMs ? near.pipe(held(holdsMs)) : near).pipe(there);
    (lagMs > 0 ? there.pipe(late(lagMs)) : there).pipe(near);
    near.prependListener("data", (sent) => {
      if (breaks(sent)) near.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(to);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);

  return {
    url: url.href.replace(/\/$/, ""),
    /** Ends every connection, as a server does that starts anew. */
    drop,
    /** Lets nothing through any more: whoever used it is dead to the server. Again changes nothing. */
    cut() {
      server.close();
      drop();
    },
  };
}

/** Lets everything through in its order, each piece when those before it have waited and it has, too. */
const held = (holdsMs: (piece: Buffer) => number) =>
  new Transform({
    transform(piece: Buffer, _encoding, done) {
      const ms = holdsMs(piece);
      if (ms > 0) setTimeout(done, ms, undefined, piece);
      else done(undefined, piece);
    },
  });

/** Lets everything through in its order, each piece so long after it came. */
const late = (ms: number) =>
  new Transform({
    transform(piece: Buffer, _encoding, done) {
      setTimeout(() => this.push(piece), ms);
      done();
    },
    flush(done) {
      setTimeout(done, ms);
    },
  });
