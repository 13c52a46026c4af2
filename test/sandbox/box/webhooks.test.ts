import { afterEach, beforeEach, expect, test } from "vitest";
import { WebhooksManager } from "box-typescript-sdk-gen/managers";
import { phpJson, sign } from "../../../sandbox/box/wire.ts";
import { freshBox, type Ground, officialClient } from "./client.ts";
import { startReceiver } from "./receiver.ts";

const ALL = [
  ...["UPLOADED", "RENAMED", "MOVED", "COPIED", "TRASHED", "RESTORED", "DELETED"].map(
    (name) => `FILE.${name}`,
  ),
  ...["CREATED", "RENAMED", "MOVED", "COPIED", "TRASHED", "RESTORED"].map(
    (name) => `FOLDER.${name}`,
  ),
];

let ground: Ground;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  ground = await freshBox({ watch: false });
  ground.box.faults.settings.retryScheduleMs = [1, 1, 1];
  receiver = await startReceiver();
});
afterEach(async () => {
  await ground.remove();
  receiver.close();
});

const account = () => ground.box.account;

async function hookOn(folderId: string, triggers: string[] = ALL) {
  const client = officialClient(ground.box, "enterprise");
  return client.webhooks.createWebhook({
    target: { id: folderId, type: "folder" },
    address: receiver.url,
    triggers: triggers as never,
  });
}

test("webhooks are made, listed without address, read, changed and removed", async () => {
  const client = officialClient(ground.box, "enterprise");
  const folder = await account().createFolder({ parentId: "0", name: "watched" });
  const hook = await hookOn(folder.id, ["FILE.UPLOADED"]);
  const { entries } = await client.webhooks.getWebhooks();
  expect(entries).toHaveLength(1);
  expect(entries![0]).toMatchObject({ id: hook.id, target: { id: folder.id, type: "folder" } });
  const headers = { authorization: `Bearer ${ground.box.developerToken()}` };
  const listed = await (await fetch(`${ground.box.url}/2.0/webhooks`, { headers })).json();
  expect(JSON.stringify(listed)).not.toContain("address");

  await client.webhooks.updateWebhookById(hook.id!, {
    requestBody: { address: "https://example.com/here" },
  });
  const read = await client.webhooks.getWebhookById(hook.id!);
  expect(read).toMatchObject({
    address: "https://example.com/here",
    triggers: ["FILE.UPLOADED"],
    createdBy: { id: ground.box.ccg.serviceUserId },
  });
  await client.webhooks.deleteWebhookById(hook.id!);
  await expect(client.webhooks.getWebhookById(hook.id!)).rejects.toMatchObject({
    responseInfo: { statusCode: 404 },
  });
});

test("a second webhook on an item is 409, one on the root 400, one on nothing 404", async () => {
  const folder = await account().createFolder({ parentId: "0", name: "watched" });
  await hookOn(folder.id);
  const status = (statusCode: number) => ({ responseInfo: { statusCode } });
  await expect(hookOn(folder.id)).rejects.toMatchObject(status(409));
  await expect(hookOn("0")).rejects.toMatchObject(status(400));
  await expect(hookOn("123")).rejects.toMatchObject(status(404));
});

test.each(["http://example.com/", "https://example.com:8443/", "https://api.box.com/", "nonsense"])(
  "the address %s is refused",
  async (address) => {
    const folder = await account().createFolder({ parentId: "0", name: "watched" });
    const target = { id: folder.id, type: "folder" as const };
    const made = officialClient(ground.box, "enterprise").webhooks.createWebhook({
      target,
      address,
      triggers: ["FILE.UPLOADED"],
    });
    await expect(made).rejects.toMatchObject({ responseInfo: { statusCode: 400 } });
  },
);

test("a list of webhooks goes on where its marker stands", async () => {
  const client = officialClient(ground.box, "enterprise");
  for (const name of ["a", "b", "c"])
    await hookOn((await account().createFolder({ parentId: "0", name })).id);
  const first = await client.webhooks.getWebhooks({ limit: 2 });
  const second = await client.webhooks.getWebhooks({ limit: 2, marker: first.nextMarker! });
  const ids = [...first.entries!, ...second.entries!].map(({ id }) => id);
  expect(new Set(ids).size).toBe(3);
  expect(second.nextMarker).toBeFalsy();
});

test("an upload deep below a watched folder is delivered with a signature that Box's client accepts", async () => {
  const folder = await account().createFolder({ parentId: "0", name: "watched" });
  const deep = await account().createFolder({ parentId: folder.id, name: "deep" });
  await hookOn(folder.id, ["FILE.UPLOADED"]);
  const name = "スクリーンショット 😀.txt";
  const { file, version } = await account().upload({ parentId: deep.id, name, bytes: "x" });
  await ground.box.idle();

  const [{ headers, raw, body }] = receiver.received as [(typeof receiver.received)[0]];
  expect(receiver.received).toHaveLength(1);
  expect(raw).toMatch(/^[ -~]*$/);
  expect(raw).toContain("\\u30b9");
  const { primary, secondary } = ground.box.signatureKeys;
  const valid = await WebhooksManager.validateMessage(raw, headers, primary, {
    secondaryKey: secondary,
  });
  expect(valid).toBe(true);
  expect(sign(raw, headers["box-delivery-timestamp"]!, secondary)).toBe(
    headers["box-signature-secondary"],
  );
  expect(body).toMatchObject({
    type: "webhook_event",
    trigger: "FILE.UPLOADED",
    additional_info: [],
    created_by: { id: ground.box.ccg.serviceUserId },
    source: {
      id: file.id,
      type: "file",
      name,
      size: 1,
      etag: "0",
      file_version: { id: version.id, sha1: version.sha1 },
      parent: { id: deep.id },
      path_collection: { total_count: 3 },
    },
  });
});

// Published by Box: github.com/box/box-typescript-sdk-gen, src/test/webhooks.generated.test.ts.
const SKELETON = (name: string) => ({
  webhook: { id: "1234567890" },
  trigger: "FILE.UPLOADED",
  source: { id: "1234567890", type: "file", name },
});
test.each([
  ["スクリーンショット 2020-08-05.txt", "LV2uCu+5NJtIHrCXDYgZ0v/PP5THGRuegw3RtdnEyuE="],
  ["😀 2020-08-05.txt", "xF/SDZosX4le+v4A0Qn59sZhuD1RqY5KRUKzVMSbh0E="],
  ["test \r", "SVkbKgy3dEEf2PbbzpNu2lDZS7zZ/aboU7HOZgBGrJk="],
  ["/", "t41PWT5ZB6OcysnD6SDy9Ud+p9hdXxIdXqcdweyZv/Q="],
  ["\\", "ERpMZwUQsGDTfj82ehdX6VvDZfvOhK5ULNfVmwVAGe0="],
])("the name %j is written and signed as in Box's own tests", (name, signature) => {
  const timestamp = "2020-01-01T00:00:00-07:00";
  expect(sign(phpJson(SKELETON(name)), timestamp, "SamplePrimaryKey")).toBe(signature);
});

test("each change of a file is told in its own form", async () => {
  const here = await account().createFolder({ parentId: "0", name: "here" });
  const there = await account().createFolder({ parentId: here.id, name: "there" });
  await hookOn(here.id);
  const { file } = await account().upload({ parentId: here.id, name: "a", bytes: "1" });
  await account().uploadVersion({ fileId: file.id, bytes: "2" });
  await account().rename(file, "b");
  await account().move(file, there.id);
  const twin = await account().copy({ ...file, parentId: here.id });
  await account().trash(file);
  await account().restore(file);
  await account().trash(file);
  await account().deleteForever(file);
  await ground.box.idle();

  const told = new Map(receiver.received.map(({ body }) => [body.trigger, body]));
  expect(receiver.triggers().toSorted()).toEqual(
    [
      "FILE.UPLOADED",
      "FILE.UPLOADED",
      "FILE.RENAMED",
      "FILE.MOVED",
      "FILE.COPIED",
      "FILE.TRASHED",
      "FILE.RESTORED",
      "FILE.TRASHED",
      "FILE.DELETED",
    ].toSorted(),
  );
  expect(told.get("FILE.RENAMED")!.additional_info).toEqual({ old_name: "a" });
  expect(told.get("FILE.MOVED")!.additional_info).toEqual({
    before: { id: here.id, type: "folder" },
    after: { id: there.id, type: "folder" },
  });
  expect(told.get("FILE.COPIED")!.source["id"]).toBe(twin.id);
  expect(told.get("FILE.TRASHED")!.source).toEqual({ id: file.id, type: "file" });
  expect(told.get("FILE.RESTORED")!.source["id"]).toBe(file.id);
});

test("a change of a folder is told once, whatever is in it", async () => {
  const here = await account().createFolder({ parentId: "0", name: "here" });
  const there = await account().createFolder({ parentId: here.id, name: "there" });
  const folder = await account().createFolder({ parentId: here.id, name: "full" });
  for (const name of ["1", "2"]) await account().upload({ parentId: folder.id, name, bytes: name });
  await hookOn(here.id);
  await account().copy({ ...folder, parentId: there.id });
  await account().rename(folder, "fuller");
  await account().trash(folder);
  await account().restore(folder);
  await account().move(folder, there.id);
  await ground.box.idle();
  expect(receiver.triggers().toSorted()).toEqual([
    "FOLDER.COPIED",
    "FOLDER.MOVED",
    "FOLDER.RENAMED",
    "FOLDER.RESTORED",
    "FOLDER.TRASHED",
  ]);
});

test("a file moved into a watched folder counts as uploaded to it, too; one moved out as moved", async () => {
  const here = await account().createFolder({ parentId: "0", name: "here" });
  await hookOn(here.id);
  const { file } = await account().upload({ parentId: "0", name: "a", bytes: "1" });
  await account().move(file, here.id);
  await ground.box.idle();
  expect(receiver.triggers().toSorted()).toEqual(["FILE.MOVED", "FILE.UPLOADED"]);
  await account().move(file, "0");
  await ground.box.idle();
  expect(receiver.triggers().filter((trigger) => trigger === "FILE.MOVED")).toHaveLength(2);
});

test("a promoted version is not delivered: Box has no trigger for it", async () => {
  const here = await account().createFolder({ parentId: "0", name: "here" });
  const { file, version } = await account().upload({ parentId: here.id, name: "a", bytes: "1" });
  await account().uploadVersion({ fileId: file.id, bytes: "2" });
  await hookOn(here.id);
  await account().promote({ fileId: file.id, versionId: version.id });
  await ground.box.idle();
  expect(receiver.triggers()).toEqual([]);
});

test("the same event reaches two webhooks under one id", async () => {
  const outer = await account().createFolder({ parentId: "0", name: "outer" });
  const inner = await account().createFolder({ parentId: outer.id, name: "inner" });
  await hookOn(outer.id);
  await hookOn(inner.id);
  await account().upload({ parentId: inner.id, name: "a", bytes: "1" });
  await ground.box.idle();
  const [one, two] = receiver.received.map(({ body }) => body);
  expect(one!.id).toBe(two!.id);
  expect(one!.webhook.id).not.toBe(two!.webhook.id);
});

test("revoking a developer token takes all webhooks away, and their addresses are told", async () => {
  const folder = await account().createFolder({ parentId: "0", name: "lost" });
  const hook = await hookOn(folder.id);
  const token = ground.box.developerToken();
  const { clientId: client_id, clientSecret: client_secret } = ground.box.ccg;
  const body = new URLSearchParams({ client_id, client_secret, token });
  await fetch(`${ground.box.url}/oauth2/revoke`, { method: "POST", body });
  await ground.box.idle();
  expect(receiver.received.map((one) => one.body)).toMatchObject([
    {
      trigger: "WEBHOOK.DELETED",
      webhook: { id: hook.id },
      additional_info: { reason: "auto_cleanup" },
    },
  ]);
  const client = officialClient(ground.box, "enterprise");
  expect((await client.webhooks.getWebhooks()).entries).toEqual([]);
});

test("without a session a webhook says that something happened, and not what", async () => {
  const folder = await account().createFolder({ parentId: "0", name: "mute" });
  const hook = await hookOn(folder.id);
  ground.box.faults.settings.noActiveSession = true;
  await account().upload({ parentId: folder.id, name: "unseen.txt", bytes: "x" });
  ground.box.faults.settings.noActiveSession = false;
  await account().upload({ parentId: folder.id, name: "seen.txt", bytes: "x" });
  await ground.box.idle();
  expect(receiver.triggers().toSorted()).toEqual(["FILE.UPLOADED", "NO_ACTIVE_SESSION"]);
  const mute = receiver.received.find(({ body }) => body.trigger === "NO_ACTIVE_SESSION")!;
  expect(mute.body.webhook.id).toBe(hook.id);
  expect(mute.body).not.toHaveProperty("source");
});
