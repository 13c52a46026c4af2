import { afterAll, beforeAll, expect, it } from "vitest";
import { createLog } from "../../src/log.ts";
import { startService } from "../../src/service.ts";
import { type House, openHouse } from "../support/house.ts";

let house: House;

beforeAll(async () => {
  house = await openHouse({ roles: [] });
});
afterAll(() => house.close());

it("a worker alone answers machines where it is told to, and nobody else", async () => {
  const config = { ...house.config, workerPort: 0 };
  const worker = await startService(config, new Set(["worker"]), createLog("silent"));
  const ask = (path: string, token = "") =>
    fetch(`http://127.0.0.1:${worker.port}${path}`, { headers: { authorization: token } });
  try {
    expect((await ask("/healthz")).status).toBe(200);
    expect(await (await ask("/readyz")).json()).toMatchObject({ status: "ready" });
    expect((await ask("/metrics")).status).toBe(401);
    const figures = await ask("/metrics", `Bearer ${house.adminToken}`);
    expect(await figures.text()).toContain("longshore_incidents_open");
    for (const path of ["/", "/api/accounts", "/sign-in"])
      expect((await ask(path, `Bearer ${house.adminToken}`)).status).toBe(404);
  } finally {
    await worker.stop();
  }
});

it("a worker that is given no port listens nowhere", async () => {
  expect((await house.start("worker")).port).toBeUndefined();
});
