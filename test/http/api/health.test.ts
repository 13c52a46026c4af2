import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { positions } from "../../../src/db/schema.ts";
import { anAccount, anObject, aSource } from "./rows.ts";
import { ADMIN_TOKEN, openWeb } from "./web.ts";

test("a service whose parts are well is ready, and says so to anybody", async () => {
  const web = await openWeb();
  expect((await web.send("/healthz")).body).toEqual({ status: "ok" });
  const ready = await web.send("/readyz");
  await web.close();
  expect(ready.status).toBe(200);
  expect(ready.body).toEqual({
    status: "ready",
    checks: { database: "ok", migrations: "ok", lake: "ok" },
  });
});

test("a lake that refuses makes the service not ready, without telling outsiders why", async () => {
  const web = await openWeb();
  web.lake.state.failure = new Error("missing storage.objects.create");
  const refused = await web.send("/readyz");
  const alive = await web.send("/healthz");
  web.lake.state.failure = undefined;
  const mended = await web.send("/readyz");
  await web.close();
  expect(refused.status).toBe(503);
  expect(refused.body).toEqual({
    status: "not ready",
    checks: { database: "ok", migrations: "ok", lake: "failing" },
  });
  expect(web.lines.join()).toContain("missing storage.objects.create");
  expect(alive.status).toBe(200);
  expect(mended.status).toBe(200);
});

test("a lake that was well a moment ago is not asked again", async () => {
  const web = await openWeb();
  for (const _ of [1, 2, 3]) await web.send("/readyz");
  await web.close();
  expect(web.lake.state.probes).toBe(1);
});

test("a migration that the database lacks makes the service not ready", async () => {
  const web = await openWeb();
  await web.db.execute(sql`delete from drizzle.__drizzle_migrations`);
  const refused = await web.send("/readyz");
  await web.close();
  expect(refused.status).toBe(503);
  expect(refused.body["checks"]).toEqual({ database: "ok", migrations: "failing", lake: "ok" });
});

test("a database that does not answer makes the service not ready, and it still lives", async () => {
  const web = await openWeb();
  await web.close();
  const refused = await web.send("/readyz");
  expect(refused.status).toBe(503);
  expect(refused.body["checks"]).toMatchObject({ database: "failing", migrations: "failing" });
  expect((await web.send("/healthz")).status).toBe(200);
});

test("figures are for those who have the admin token", async () => {
  const web = await openWeb();
  const refused = await web.send("/metrics");
  await web.close();
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toBe("Bearer");
});

test("figures hold objects by state, the age of every stream, and requests by route", async () => {
  const web = await openWeb();
  const { id: accountId } = await anAccount(web.db);
  const { id } = await aSource(web.db, accountId);
  await anObject(web.db, id, { state: "given_up" });
  await anObject(web.db, id, { state: "stored" });
  await anObject(web.db, id, { state: "stored" });
  const readAt = new Date(Date.now() - 3_600_000);
  await web.db.insert(positions).values({ accountId, stream: "changes", position: "1", readAt });
  await web.get(`/api/sources/${id}?token=secret`);
  const { status, text, headers } = await web.get("/metrics");
  await web.close();
  expect(status).toBe(200);
  expect(headers.get("content-type")).toMatch("text/plain");
  expect(text).toContain('longshore_objects{state="stored"} 2');
  expect(text).toContain('longshore_objects{state="given_up"} 1');
  expect(text).toContain('longshore_objects{state="pending"} 0');
  const age = new RegExp(`longshore_reconciliation_age_seconds{account="${accountId}",.*} (\\S+)`);
  expect(Number(age.exec(text)?.[1])).toBeGreaterThanOrEqual(3600);
  expect(text).toContain('method="GET",route="/api/sources/:id",status="400"');
  expect(text).not.toContain(id);
});

test("figures of the process are there while the database is not", async () => {
  const web = await openWeb();
  await web.close();
  const { status, text } = await web.get("/metrics");
  expect(status).toBe(200);
  expect(text).toContain("process_cpu_seconds_total");
  expect(text).not.toContain('longshore_objects{state="stored"}');
});

test("a request is one line under its route, without ids, queries or the token", async () => {
  const web = await openWeb();
  const id = crypto.randomUUID();
  await web.get(`/api/sources/${id}?path=private`);
  await web.send("/healthz");
  await web.close();
  const lines = web.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { level: "info", msg: "GET /api/sources/:id 400", status: 400 },
    { level: "debug", msg: "GET /healthz 200" },
  ]);
  for (const said of [id, "private", ADMIN_TOKEN]) expect(web.lines.join()).not.toContain(said);
});
