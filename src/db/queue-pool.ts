import { Pool } from "pg";

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
  return pool;
}
