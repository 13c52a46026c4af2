import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { sql } from "drizzle-orm";
import { expect, inject, onTestFinished, test } from "vitest";
import { openDatabase, rows } from "../../src/db/open.ts";
import { sources } from "../../src/db/schema.ts";
import { cloneDatabase } from "../support/database.ts";
import { seedAccount, seedSource } from "../support/seed.ts";

/** ReadyForQuery, idle: the server has let the client in and waits for its first statement. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** What a server that is being shut down says before it hangs up. */
function farewell(): Buffer {
  const fields = Buffer.from("SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

/** The tests' server, which leaves at the first thing it is asked by each of the first `leaving`. */
async function leavingServer(leaving: number): Promise<string> {
  const server = createServer((client: Socket) => {
    const leaves = leaving-- > 0;
    const real = connect(Number(url.port), url.hostname);
    let letIn = false;
    real.on("data", (bytes) => {
      letIn ||= bytes.includes(READY);
      client.write(bytes);
    });
    client.on("data", (bytes) => {
      if (letIn && leaves) client.end(farewell());
      else real.write(bytes);
    });
    for (const socket of [client, real]) socket.on("error", () => {});
    client.on("close", () => real.destroy());
    real.on("close", () => client.destroy());
  });
  const url = new URL(inject("postgresUrl"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const through = new URL(url);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return through.href;
}

test("a server that leaves at a connection's first query fails the statement that was asked, and nothing else", async () => {
  const { db, close } = openDatabase(await leavingServer(1), 1);
  await expect(rows(db, sql`select 1 as one`)).rejects.toThrow("Failed query");
  expect(await rows(db, sql`select 1 as one`)).toEqual([{ one: 1 }]);
  await close();
});

test("a server that takes connections and hangs up without a word fails each statement, once", async () => {
  let taken = 0;
  let isAway = true;
  const real = new URL(inject("postgresUrl"));
  const server = createServer((client) => {
    taken++;
    if (isAway) return void client.end();
    client.pipe(connect(Number(real.port), real.hostname)).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const through = new URL(real);
  through.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { db, close } = openDatabase(through.href, 1);
  for (const statement of [1, 2]) {
    await expect(rows(db, sql`select 1 as one`)).rejects.toThrow("Failed query");
    expect(taken).toBe(statement);
  }
  isAway = false;
  expect(await rows(db, sql`select 1 as one`)).toEqual([{ one: 1 }]);
  await close();
});

test("arrays of texts come back as they were written", async () => {
  const clone = await cloneDatabase();
  onTestFinished(() => clone.close());
  const include = ["\\[a\\].csv", '"quoted"', "", "NULL", "a,b", "{c}", "λ"];
  const id = await seedSource(clone.db, await seedAccount(clone.db), "10", { include });
  const [kept] = await clone.db.select().from(sources);
  expect(kept).toMatchObject({ id, include, exclude: [] });
  const raw = await rows(clone.db, sql`select include, null::text[] as none from sources`);
  expect(raw).toEqual([{ include, none: null }]);
});
