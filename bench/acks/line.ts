import { connect, type Socket } from "node:net";
import { once } from "node:events";

/** One keep-alive connection that carries one request at a time. */
export interface Line {
  /** Resolves with the status once the whole answer is here. */
  send(request: string): Promise<number>;
  close(): void;
}

/**
 * A client that costs a few microseconds a request: it shares its cores with what is measured. It
 * understands answers of a known length only, and throws on anything else.
 */
export async function openLine(host: string, port: number): Promise<Line> {
  const socket: Socket = connect({ host, port, noDelay: true });
  await once(socket, "connect");
  socket.setEncoding("latin1");
  let waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;
  let text = "";
  const fail = (error: Error) => waiting?.reject(error);

  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the server closed the connection")));
  socket.on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\r\n\r\n");
    if (end === -1) return;
    const status = Number(text.slice(9, 12));
    const length = lengthOf(text.slice(0, end), status);
    if (length === undefined)
      return void socket.destroy(new Error(`an answer of unknown length: ${text}`));
    if (text.length < end + 4 + length) return;
    text = "";
    const done = waiting;
    waiting = undefined;
    done?.resolve(status);
  });

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => void socket.destroy(),
  };
}

function lengthOf(head: string, status: number): number | undefined {
  if (status === 204) return 0;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
}
