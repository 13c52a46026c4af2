import { connect, type Socket } from "node:net";

/** What postgres.js says of where it wants to go: lists, of which we give one entry each. */
interface Way {
  host: string[];
  port: number[];
  path?: string | false;
}

/**
 * A connection to PostgreSQL that fails when the other end hangs up without a word, as a proxy does whose
 * server is away. The driver by itself (3.4.9) would connect again at once and for ever, one core busy,
 * while the statement that wanted the connection waits.
 */
export function dial({ host: [host], port: [port], path }: Way): Socket {
  const socket = path ? connect(path) : connect(Number(port), host);
  socket.once("end", () => {
    if (socket.bytesRead === 0)
      socket.destroy(
        Object.assign(new Error("The server hung up without a word"), { code: "ECONNRESET" }),
      );
  });
  // The name that TLS asks for.
  return Object.assign(socket, { host });
}
