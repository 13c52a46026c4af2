import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshBox, type Ground, officialClient } from "./client.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await freshBox({ watch: false });
});
afterAll(() => ground.remove());

const client = () => officialClient(ground.box, "enterprise");
const refusal = (status: number, code: string) => ({ responseInfo: { body: { status, code } } });
const uploaded = async (name: string, bytes = "v1") =>
  (await ground.box.account.upload({ parentId: "0", name, bytes })).file;

test("a description and tags stay on an item, and its etag counts them", async () => {
  const file = await uploaded("described.txt");
  const requestBody = { name: "renamed.txt", description: "Run 7", tags: ["lab"] };
  const changed = await client().files.updateFileById(file.id, { requestBody });
  expect(changed).toMatchObject({ name: "renamed.txt", description: "Run 7", etag: "2" });
  const queryParams = { fields: ["description", "tags"] };
  await ground.restart();
  expect(await client().files.getFileById(file.id, { queryParams })).toMatchObject({
    description: "Run 7",
    tags: ["lab"],
  });
});

test("a locked file is changed by nobody but who locked it, until the lock is gone", async () => {
  const file = await uploaded("locked.txt");
  const { userId, serviceUserId } = ground.box.ccg;
  const item = { type: "file", id: file.id } as const;
  await ground.box.account.collaborate({ ...item, userId, role: "editor" });
  const queryParams = { fields: ["lock"] };
  const locking = { lock: { access: "lock", isDownloadPrevented: true } } as const;
  const { files } = client();
  const locked = await files.updateFileById(file.id, { requestBody: locking, queryParams });
  expect(locked.lock).toMatchObject({
    createdBy: { id: serviceUserId },
    isDownloadPrevented: true,
  });

  const colleague = officialClient(ground.box, "user");
  const renaming = { requestBody: { name: "mine.txt" } };
  await expect(colleague.files.updateFileById(file.id, renaming)).rejects.toMatchObject(
    refusal(403, "access_denied_item_locked"),
  );
  await expect(colleague.downloads.downloadFile(file.id)).rejects.toMatchObject({
    responseInfo: { statusCode: 403 },
  });
  const opened = await files.updateFileById(file.id, { requestBody: { lock: null }, queryParams });
  expect(opened.lock).toBeFalsy();
  expect((await colleague.files.updateFileById(file.id, renaming)).name).toBe("mine.txt");
});

test("a new version may bring a new name; who trashed and restored one is told", async () => {
  const file = await uploaded("before.txt");
  const { uploads, fileVersions } = client();
  const { entries } = await uploads.uploadFileVersion(file.id, {
    attributes: { name: "after.txt" },
    file: Readable.from([Buffer.from("v2")]),
  });
  expect(entries![0]).toMatchObject({ name: "after.txt", etag: "1" });
  expect(ground.box.account.at("after.txt")?.id).toBe(file.id);

  const [past] = (await fileVersions.getFileVersions(file.id)).entries!;
  const read = () => fileVersions.getFileVersionById(file.id, past!.id);
  const by = { id: ground.box.ccg.serviceUserId };
  await fileVersions.deleteFileVersionById(file.id, past!.id);
  expect(await read()).toMatchObject({ trashedBy: by, restoredBy: undefined });
  await fileVersions.updateFileVersionById(file.id, past!.id, { requestBody: { trashedAt: null } });
  expect(await read()).toMatchObject({ trashedBy: undefined, restoredBy: by });
});

test("the trash is listed; a trashed file still shows, a trashed folder and what is in it do not", async () => {
  const { account } = ground.box;
  const file = await uploaded("gone.txt");
  const folder = await account.createFolder({ parentId: "0", name: "gone" });
  const below = await account.upload({ parentId: folder.id, name: "below.txt", bytes: "x" });
  for (const item of [file, folder]) await account.trash(item);

  const { files, folders, trashedItems, trashedFolders } = client();
  const listed = (await trashedItems.getTrashedItems()).entries!;
  expect(listed.map(({ id }) => id).sort()).toEqual([file.id, folder.id].sort());
  expect(await files.getFileById(file.id)).toMatchObject({ itemStatus: "trashed" });
  expect(await trashedFolders.getTrashedFolderById(folder.id)).toMatchObject({ name: "gone" });
  for (const asked of [folders.getFolderById(folder.id), files.getFileById(below.file.id)])
    await expect(asked).rejects.toMatchObject(refusal(404, "trashed"));
});

test("a folder is handed over to a collaborator, and its owner becomes an editor", async () => {
  const { account, ccg } = ground.box;
  const folder = await account.createFolder({ parentId: "0", name: "handed over" });
  const item = { type: "folder", id: folder.id } as const;
  const made = await account.collaborate({ ...item, userId: ccg.userId, role: "editor" });
  const { userCollaborations, listCollaborations, folders } = client();
  await userCollaborations.updateCollaborationById(String(made["id"]), {
    requestBody: { role: "owner" },
  });
  const { entries } = await listCollaborations.getFolderCollaborations(folder.id);
  expect(entries).toMatchObject([{ role: "editor", accessibleBy: { id: ccg.serviceUserId } }]);
  expect(await folders.getFolderById(folder.id)).toMatchObject({ ownedBy: { id: ccg.userId } });
});
