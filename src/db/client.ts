import { setImmediate } from "node:timers/promises";
import { TypeOverrides } from "pg";
import postgres from "postgres";
import { dial } from "./dial.ts";

/** What drizzle asks of a client. */
export type Client = Pick<postgres.Sql, "options" | "unsafe" | "begin">;

export interface OpenClient {
  client: Client;
  /** Waits up to five seconds for running statements. */
  close(): Promise<void>;
}

/** How long a client that was replaced still begins what it was given before. */
const LEAVE_MS = 2_000;
/** Seconds that running statements have when a client ends; then they fail. */
const END = { timeout: 5 };

/** PostgreSQL's own number of `text[]`, the one kind of array that columns hold. */
const TEXT_ARRAY = 1009;
/**
 * What the driver would otherwise ask the server for on each new connection, with a query that no
 * caller can catch: a server that goes away in that moment would end the process.
 */
const KNOWN_TYPES = {
  fetch_types: false,
  types: {
    texts: {
      to: TEXT_ARRAY,
      from: [TEXT_ARRAY],
      // Drizzle writes arrays as text itself.
      serialize: (written: string) => written,
      parse: new TypeOverrides().getTypeParser<string[]>(TEXT_ARRAY),
    },
  },
};

/** An option that the driver has and its types do not name. */
const CONNECTED = { socket: dial };

/**
 * A postgres.js client that outlives its server. The driver's connections (3.4.9) do not: one that
 * was cut while a write stood in its buffer never writes again, and whatever gets it waits for ever
 * (https://github.com/porsager/postgres/issues/1208 and those it names). So when a connection that
 * once stood is lost, the whole client is replaced: statements under way end as they may, new ones
 * get connections of their own. No statement is repeated.
 */
export function openClient(url: string, options: postgres.Options<{}>): OpenClient {
  const clients = new Set<postgres.Sql>();
  let current = connect();

  function connect(): postgres.Sql {
    let stood = false;
    const client: postgres.Sql = postgres(url, {
      ...options,
      ...KNOWN_TYPES,
      ...CONNECTED,
      onparameter: () => (stood = true),
      onclose: () => {
        if (stood && client === current) replace();
      },
    });
    clients.add(client);
    return client;
  }

  function replace() {
    const old = current;
    current = connect();
    // Drizzle has put its own in their place in the first one.
    Object.assign(current.options.parsers, old.options.parsers);
    Object.assign(current.options.serializers, old.options.serializers);
    setTimeout(() => void old.end(END).then(() => clients.delete(old)), LEAVE_MS).unref();
  }

  const client = {
    options: current.options,
    unsafe: (...statement: Parameters<Client["unsafe"]>) => prepared(current)(...statement),
    begin: (run: Work) => begin(current, run),
  } as Client;
  return {
    client,
    async close() {
      await Promise.all([...clients].map((one) => one.end(END)));
    },
  };
}

type Work = (tx: postgres.TransactionSql) => Promise<unknown>;

/**
 * A transaction whose end is not written to a connection that is gone: the driver would write its
 * `rollback` to nothing, in a turn of its own, where no caller can catch what that throws.
 */
function begin(client: postgres.Sql, run: Work): Promise<unknown> {
  let over = false;
  const gone = new Promise<never>(() => {});
  const done = client.begin(async (tx) => {
    const unsafe = prepared(tx);
    tx.unsafe = (...statement) => {
      if (over)
        throw Object.assign(new Error("The connection is gone"), { code: "CONNECTION_CLOSED" });
      return unsafe(...statement);
    };
    try {
      const answer = await run(tx);
      return over ? await gone : answer;
    } catch (error) {
      // The statement fails first, then the connection is said to be closed.
      await setImmediate();
      return over ? gone : Promise.reject(error);
    }
  });
  const end = () => (over = true);
  done.then(end, end);
  return done;
}

/**
 * Each statement parsed once a connection. Drizzle asks for unnamed ones, of which each costs a second
 * trip to the server to learn its parameters. Ours differ in parameters alone (see `records` and
 * `texts`), so that a connection, which lives an hour at most, keeps few.
 */
function prepared({ unsafe }: Pick<postgres.Sql, "unsafe">): postgres.Sql["unsafe"] {
  return (query, parameters, options) => unsafe(query, parameters, { ...options, prepare: true });
}
