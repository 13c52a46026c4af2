import { describe, expect, it } from "vitest";

import { folderId } from "../../src/core/ids.ts";
import { startBox } from "./client-box.ts";

const FOLDER = folderId("300002");

describe("webhooks", () => {
  const webhook = {
    webhookId: "600001",
    folderId: "300002",
    address: "https://longshore.example/webhooks/box/1",
    triggers: ["FILE.UPLOADED", "FOLDER.CREATED"],
  };

  it("are made on a folder", async () => {
    const { client, seen } = await startBox({ "POST /2.0/webhooks": "webhook" });
    expect(await client.createWebhook(FOLDER, webhook.address, webhook.triggers)).toEqual(webhook);
    expect(JSON.parse(seen[0]!.body)).toEqual({
      target: { id: "300002", type: "folder" },
      address: webhook.address,
      triggers: webhook.triggers,
    });
    expect(seen[0]!.headers["content-type"]).toBe("application/json");
  });

  it("that are answered in their mini form are as they were asked for", async () => {
    const mini = { id: "600001", type: "webhook", target: { type: "folder", id: "300002" } };
    const { client } = await startBox({
      "POST /2.0/webhooks": mini,
      "PUT /2.0/webhooks/600001": mini,
    });
    expect(await client.createWebhook(FOLDER, webhook.address, webhook.triggers)).toEqual(webhook);
    expect(await client.updateWebhook({ ...webhook, folderId: FOLDER })).toEqual(webhook);
  });

  it("that exist already are a conflict", async () => {
    const { client } = await startBox({ "POST /2.0/webhooks": 409 });
    const made = client.createWebhook(FOLDER, webhook.address, webhook.triggers);
    await expect(made).rejects.toMatchObject({ kind: "conflict" });
  });

  it("are read one by one, and absent when gone or on a single file", async () => {
    const { client } = await startBox({
      "GET /2.0/webhooks/600001": "webhook",
      "GET /2.0/webhooks/600003": { id: "600003", target: { type: "file", id: "1" }, address: "x" },
    });
    expect(await client.webhook("600001")).toEqual(webhook);
    expect(await client.webhook("600002")).toBeUndefined();
    expect(await client.webhook("600003")).toBeUndefined();
  });

  it("are listed over every page, without those on single files", async () => {
    const pages: Record<string, unknown> = {
      "": { entries: [{ id: "1", target: { type: "folder", id: "7" } }], next_marker: "m" },
      m: {
        entries: [
          { id: "2", target: { type: "file", id: "8" } },
          { id: "3", target: { type: "folder", id: "9" } },
        ],
        next_marker: "",
      },
    };
    const { client } = await startBox(
      ({ path }) => pages[new URL(path, "http://box").searchParams.get("marker") ?? ""],
    );
    expect(await client.webhooks()).toEqual([
      { webhookId: "1", folderId: "7" },
      { webhookId: "3", folderId: "9" },
    ]);
  });

  it("are changed", async () => {
    const { client, seen } = await startBox({ "PUT /2.0/webhooks/600001": "webhook" });
    await client.updateWebhook({ ...webhook, folderId: FOLDER });
    const { address, triggers } = webhook;
    const target = { id: "300002", type: "folder" };
    expect(JSON.parse(seen[0]!.body)).toEqual({ target, address, triggers });
  });

  it("are removed, also when they are gone already", async () => {
    const { client } = await startBox({ "DELETE /2.0/webhooks/600001": 204 });
    await client.deleteWebhook("600001");
    await client.deleteWebhook("600002");
    const refused = await startBox({ "DELETE /2.0/webhooks/600001": 403 });
    const removed = refused.client.deleteWebhook("600001");
    await expect(removed).rejects.toMatchObject({ kind: "forbidden" });
  });
});
