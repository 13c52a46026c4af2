import { Pool, type PoolClient } from "pg";

/** Fetching, finishing, failing and listening; the tasks themselves use the service's own pool. */
const CONNECTIONS = 5;

/**
 * The connections of one runner of the queue. graphile-worker takes its listeners off a pool before
 * the last of its connections has said that the server went away, and an error without a listener
 * ends the process; these listeners stay as long as their connections.
 */
export function openQueuePool(url: string, onError: (error: Error) => void): Pool {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS, application_name: "longshore" });
  pool.on("error", onError);
  pool.on("connect", (client) => client.on("error", onError));
  pool.connect = releasingOnce(pool);
  return pool;
}

type Release = (error?: Error | boolean) => void;
type Connected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: Release,
) => void;
type Connect = (connected?: Connected) => Promise<PoolClient> | void;

/**
 * A pool's `connect` that takes a second release for none. graphile-worker (0.18.0) gives back the connection on
 * which it listens when that is lost, and again when it stops at the same time; the pool throws then, where no
 * caller can catch it.
 */
function releasingOnce(pool: Pool): Pool["connect"] {
  const connect = pool.connect.bind(pool) as Connect;
  // A pool that has ended hands nothing out, and graphile-worker gives that back all the same.
  const once = (release: Release = () => {}): Release => {
    let isDone = false;
    return (error) => {
      if (isDone) return;
      isDone = true;
      release(error);
    };
  };
  const connectOnce: Connect = (connected) =>
    connected
      ? connect((error, client, release) => connected(error, client, once(release)))
      : connect();
  // It has the pool's own overloads: a promise without, nothing with a callback.
  return connectOnce as Pool["connect"];
}
