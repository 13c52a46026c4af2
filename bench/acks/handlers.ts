import { createHmac, timingSafeEqual } from "node:crypto";
import { type Context, Hono } from "hono";
import type { Sql } from "postgres";
import { gather } from "../../src/db/gather.ts";

/** What the others' inbox holds of a delivery. */
interface Received {
  id: string;
  body: string;
}

type Accept = (received: Received) => Promise<unknown>;

/** The table that the handlers below write to. */
export const INBOX = `
  create table inbox (
    event_id text primary key, body jsonb not null, received_at timestamptz not null default now())`;

/** The least that a door may do: read, compare one signature, answer. */
export const acceptNothing: Accept = async () => {};

/** What one writes first: per request one statement with its row, its job, its commit. */
export const acceptOneByOne =
  (sql: Sql): Accept =>
  ({ id, body }) =>
    sql`
    with fresh as (
      insert into inbox (event_id, body) values (${id}, ${body}::text::jsonb)
      on conflict do nothing returning event_id)
    select (graphile_worker.add_job('ingest', json_build_object('id', event_id))).id from fresh`;

/** The best one statement can do: deliveries that arrive together, their rows and jobs, no more. */
export const acceptTogether = (sql: Sql): Accept =>
  gather(async (batch: Received[]) => {
    await sql`
      with fresh as (
        insert into inbox (event_id, body)
        select id, body::jsonb from json_to_recordset(${JSON.stringify(batch)}::text::json)
          as received(id text, body text)
        on conflict do nothing returning event_id),
      specs as (
        select array_agg(json_populate_record(null::graphile_worker.job_spec, json_build_object(
          'identifier', 'ingest', 'payload', json_build_object('id', event_id)))) as jobs
        from fresh)
      select count(*) from specs, graphile_worker.add_jobs(specs.jobs)`;
    return batch;
  });

/** A webhook route as a tutorial has it: one key, one form of the body, no size limit, no age. */
export function createPlainDoor(key: string, accept: Accept): Hono {
  const app = new Hono();
  app.post("/webhooks/box/:account", async (c) => {
    const body = Buffer.from(await c.req.arrayBuffer());
    if (!isSigned(c, key, body)) return c.body(null, 401);
    const text = body.toString();
    const { id } = JSON.parse(text) as { id: string };
    await accept({ id, body: text });
    return c.body(null, 204);
  });
  return app;
}

function isSigned(c: Context, key: string, body: Buffer): boolean {
  const timestamp = c.req.header("box-delivery-timestamp") ?? "";
  const expected = createHmac("sha256", key).update(body).update(timestamp).digest();
  const given = Buffer.from(c.req.header("box-signature-primary") ?? "", "base64");
  return given.length === expected.length && timingSafeEqual(given, expected);
}
