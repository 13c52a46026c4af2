import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Cable = Awaited<ReturnType<typeof layCable>>;

/**
 * A way of its own to a server, here the database, that can go away without a word. `url` leads to the
 * same as the one that was given. What `breaks` says so of ends its connection instead of coming there.
 */
export async function layCable(to: string, breaks: (sent: Buffer) => boolean = () => false) {
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
    end.pipe(other);
  }

  const server = createServer((near) => {
    const there = connect(Number(far.port), far.hostname);
    keep(near, there);
    keep(there, near);
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
    url: url.href,
    /** Ends every connection, as a server does that starts anew. */
    drop,
    /** Lets nothing through any more: whoever used it is dead to the server. Again changes nothing. */
    cut() {
      server.close();
      drop();
    },
  };
}
